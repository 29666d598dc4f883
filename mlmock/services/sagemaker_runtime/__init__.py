"""Amazon SageMaker Runtime: synchronous, streamed and asynchronous invocations of endpoints."""

from mlmock.services.sagemaker_runtime.backend import Invocations as Backend
from mlmock.services.sagemaker_runtime.handle import SageMaker as Handle

__all__ = ["Backend", "Handle"]
