"""Amazon SageMaker Runtime: endpoints that answer in one piece, later, and in streams."""

from mlmock.services.sagemaker_runtime.backend import Invocations as Backend
from mlmock.services.sagemaker_runtime.handle import SageMaker as Handle

__all__ = ["Backend", "Handle"]
