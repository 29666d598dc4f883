"""Errors of the synthetic model, serialized with and without modeled members."""

import json

from mlmock.aws.protocol import errors
from mlmock.errors import ServiceError
from tests.aws.synthetic_model import ALL
from tests.aws.synthetic_values import MOMENT


def test_error_members_are_serialized_to_their_locations() -> None:
    error = ServiceError("Refused", "not now", Retry=7, Tree={"Name": "x"})
    answer = errors.serialize_error(ALL["Ping"].model, error)
    assert answer.status == 409
    assert answer.headers["Retry-After"] == "7"
    assert answer.headers["x-amzn-ErrorType"] == "RefusedForNow"
    assert answer.body == b'{"Message":"not now","Tree":{"n":"x"}}'


def test_missing_header_of_an_error_is_omitted() -> None:
    answer = errors.serialize_error(ALL["Ping"].model, ServiceError("RefusedForNow", Retry=None))
    assert "Retry-After" not in answer.headers
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body).get("Message") is None


def test_modeled_error_without_a_status_has_the_common_status() -> None:
    answer = errors.serialize_error(ALL["Ping"].model, ServiceError("InternalFailure", "oh"))
    assert (answer.status, answer.body) == (500, b'{"message":"oh"}')


def test_unmodeled_error_has_the_common_status() -> None:
    answer = errors.serialize_error(
        ALL["PutBody"].model, ServiceError("ThrottlingException", "slow")
    )
    assert (answer.status, answer.body) == (400, b'{"Message":"slow"}')
    answer = errors.serialize_error(
        ALL["PutBody"].model, ServiceError("Odd", status=418, when=MOMENT)
    )
    assert (answer.status, answer.body) == (418, b'{"Message":null,"when":1770091506}')
