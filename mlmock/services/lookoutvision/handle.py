"""`ml.lookoutvision`: projects, datasets, models, detections."""

from __future__ import annotations

from mlmock.services.base import ServiceHandle


class Vision(ServiceHandle):
    """Projects, datasets, models, detections."""

    service = "lookoutvision"
