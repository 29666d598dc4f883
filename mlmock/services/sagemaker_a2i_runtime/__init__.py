"""Amazon Augmented AI Runtime: human loops."""

from mlmock.services.sagemaker_a2i_runtime.backend import HumanLoops as Backend
from mlmock.services.sagemaker_a2i_runtime.handle import A2I as Handle

__all__ = ["Backend", "Handle"]
