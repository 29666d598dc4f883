"""Amazon Lookout for Vision: projects, datasets, models, detections."""

from mlmock.services.lookoutvision.backend import LookoutVision as Backend
from mlmock.services.lookoutvision.handle import Vision as Handle

__all__ = ["Backend", "Handle"]
