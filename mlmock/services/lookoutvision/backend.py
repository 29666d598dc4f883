"""The backend of Lookout for Vision.

Each kind of resource has a module with a class of operations. Each class extends the previous one:
datasets, projects, models, tags, detection, packaging jobs.
"""

from __future__ import annotations

from mlmock.services.lookoutvision.packaging import PackagingOperations


class LookoutVisionBackend(PackagingOperations):
    """Projects, datasets, models and packaging jobs of one account and region."""
