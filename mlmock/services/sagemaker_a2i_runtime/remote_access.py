"""What of `ml.a2i` can be asked for over HTTP."""

from mlmock.services.sagemaker_a2i_runtime.handle import A2I, FlowDefinition
from mlmock.services.sagemaker_a2i_runtime.human_loop_handle import HumanLoop

REACH: dict[type, tuple[str, ...]] = {
    A2I: ("flow_definition", "human_loop", "progress", "resources"),
    FlowDefinition: ("name", "arn", "progress", "delete"),
    HumanLoop: (
        *("name", "status", "input", "output_uri", "arn", "progress"),
        *("complete", "fail", "expire", "finish"),
    ),
}
