"""The 22 operations of Lookout for Vision, together.

Each kind of resource has a module of its own; each module's class builds on the one below it:
datasets, projects (which show and delete them), models (trained with them), tags of models,
detections by models, packaging jobs of models.
"""

from __future__ import annotations

from mlmock.services.lookoutvision.packaging import PackagingOperations


class LookoutVisionBackend(PackagingOperations):
    """Projects, datasets, models and packaging jobs of one account and region."""
