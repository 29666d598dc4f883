"""Amazon Lookout for Vision: projects, datasets, models, anomaly detection."""

from mlmock.services.lookoutvision.backend import LookoutVisionBackend as Backend
from mlmock.services.lookoutvision.handle import LookoutVision as Handle

__all__ = ["Backend", "Handle"]
