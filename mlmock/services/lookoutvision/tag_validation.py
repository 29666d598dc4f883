"""Validation of the tags of models."""

from __future__ import annotations

from collections.abc import Sequence

from mlmock.errors import ServiceError
from mlmock.services.common.tags import Tag, repeated
from mlmock.services.lookoutvision import errors


def validated_tags(tags: Sequence[Tag]) -> Sequence[Tag]:
    """Return `tags`. Assumption: the rules.

    Raises:
        ServiceError: A key is repeated or reserved.
    """
    twice = repeated(tags)
    if twice is not None:
        raise errors.invalid(f"The tag key {twice} is given more than once.")
    for tag in tags:
        if tag["Key"].lower().startswith("aws:"):
            raise errors.invalid("Tag keys that begin with aws: are reserved.")
    return tags


def too_many_tags(maximum: int, name: str) -> ServiceError:
    """Return the error for more tags than a model can have."""
    return errors.over_quota("tags", maximum, errors.MODEL, name)
