"""The operations of Lookout for Vision."""

from __future__ import annotations

from mlmock.services.base import Backend


class LookoutVision(Backend):
    """Projects, datasets, models and packaging jobs of one account and region."""

    service = "lookoutvision"
