"""What of `ml.sagemaker` can be asked for over HTTP."""

from mlmock.services.sagemaker_runtime.async_handle import Invocation
from mlmock.services.sagemaker_runtime.endpoint_handle import ScriptedEndpoint
from mlmock.services.sagemaker_runtime.handle import SageMaker
from mlmock.services.sagemaker_runtime.model_rules import ModelRule

REACH: dict[type, tuple[str, ...]] = {
    SageMaker: ("endpoint", "invocation", "progress", "resources"),
    ScriptedEndpoint: (
        *("name", "arn", "progress", "delete", "finish", "on"),
        *("reply", "model_error", "stream", "fail", "timeout", "drop", "unreachable"),
        *("delay", "times", "optional"),
    ),
    ModelRule: ("model_error", "stream", "then_error"),
    Invocation: ("inference_id", "output_uri", "status", "finish", "complete", "fail"),
}
