"""The services and options of `mock_ml`."""

from __future__ import annotations

from typing import Any

import pytest

import mlmock
from mlmock import NotMocked, mock_ml
from tests.helpers import A2I, client, names


@pytest.mark.parametrize(
    ("services", "options", "error"),
    [
        (["s3"], {}, "does not mock 's3'"),
        ([3], {}, "does not mock 3"),
        ([], {"account_id": "12"}, "12 digits"),
        ([], {"account_id": 123456789012}, "12 digits"),
        ([], {"region": None}, "region must be a name"),
        ([], {"progress": "soon"}, "immediately"),
        ([], {"now": "2024-01-01"}, "now must be a datetime"),
        ([], {"journal": 0}, "at least 1"),
        ([], {"lookoutvision_api": "2019"}, "lookoutvision_api"),
        ([], {"reegion": "us-east-1"}, "no option 'reegion'; its options are region, account_id"),
        ([], {"seed": "7"}, "seed must be an integer"),
        ([], {"strict": "no"}, "strict must be True or False"),
    ],
)
def test_invalid_service_or_option_is_rejected(
    services: list[Any], options: dict[str, Any], error: str
) -> None:
    as_any: Any = mock_ml
    with pytest.raises((TypeError, ValueError), match=error):
        as_any(*services, **options)


def test_only_the_named_services_are_mocked() -> None:
    with mock_ml("bedrock-runtime") as ml:
        with pytest.raises(NotMocked, match=r"sagemaker-a2i-runtime\.ListHumanLoops"):
            names(client())
        ml.unmatched.clear()
        with pytest.raises(mlmock.InvalidRule, match="only bedrock-runtime"):
            ml.on(A2I)
