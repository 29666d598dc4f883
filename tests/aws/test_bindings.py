"""Members in JSON bodies, headers, queries, labels and payloads of the synthetic model."""

import math
from datetime import timedelta, timezone
from typing import Any

import pytest

from mlmock.aws.protocol.messages import HttpResponse
from mlmock.errors import ServiceError
from tests.aws.botocore_codec import parse_response, serialize_request
from tests.aws.expected_errors import validation_error
from tests.aws.request_checks import checked_outcome
from tests.aws.synthetic_model import ALL
from tests.aws.synthetic_values import MOMENT, same


def test_members_may_swap_their_serialized_names() -> None:
    put = ALL["PutBody"]
    request = serialize_request(put, {"Renamed": "ab", "other": 7})
    assert request.body == b'{"other": "ab", "Renamed": 7}'
    assert put.parse(request) == {"Renamed": "ab", "other": 7}
    assert put.serialize({"Renamed": "ab", "other": 7}).body == b'{"other":"ab","Renamed":7}'


def test_violation_of_a_renamed_member_uses_the_member_name() -> None:
    error = validation_error(ALL["PutBody"], {"Renamed": "!", "other": 2**40})
    assert error.code == "SerializationException"
    error = validation_error(ALL["PutBody"], {"Renamed": "!", "Tree": {"Trees": [{"Name": "?"}]}})
    assert error.message == (
        "3 validation errors detected: "
        "Value '!' at 'renamed' failed to satisfy constraint: Member must satisfy regular "
        "expression pattern: ^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*$; "
        "Value null at 'tree.name' failed to satisfy constraint: Member must not be null; "
        "Value '?' at 'tree.trees.1.member.name' failed to satisfy constraint: Member must "
        "satisfy regular expression pattern: ^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*$"
    ).replace("Value '!' at 'renamed'", "Value '!' at 'renamed'")


@pytest.mark.parametrize("name", ["Iso", "Epoch", "Http", "Moment"])
def test_every_timestamp_format_is_parsed(name: str) -> None:
    for operation in (ALL["PutBody"], ALL["PutQuery"], ALL["PutHeaders"]):
        params = {"Renamed": "a", name: MOMENT} if operation.name == "PutBody" else {name: MOMENT}
        assert operation.parse(serialize_request(operation, params)) == params
    for operation in (ALL["PutBody"], ALL["PutHeaders"], ALL["GetStatus"]):
        if name in operation.model.output_shape.members:
            assert parse_response(operation, operation.serialize({name: MOMENT}))[name] == MOMENT


def test_timestamp_format_depends_on_the_location() -> None:
    moments = {"Iso": MOMENT, "Epoch": MOMENT, "Http": MOMENT, "Moment": MOMENT}
    assert ALL["PutBody"].serialize(moments).body == (
        b'{"Moment":1770091506,"x-Iso":"2026-02-03T04:05:06Z","x-Epoch":1770091506,'
        b'"x-Http":"Tue, 03 Feb 2026 04:05:06 GMT"}'
    )
    headers = ALL["PutHeaders"].serialize(moments).headers
    assert headers["X-Moment"] == "Tue, 03 Feb 2026 04:05:06 GMT"
    assert headers["x-Iso"] == "2026-02-03T04:05:06Z"
    assert headers["x-Epoch"] == "1770091506"


def test_naive_datetime_is_utc_and_other_zones_are_converted() -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=9)))
    for moment in (MOMENT.replace(tzinfo=None), elsewhere):
        result = {"Iso": moment, "Epoch": moment, "Http": moment}
        found = parse_response(ALL["PutBody"], ALL["PutBody"].serialize(result))
        assert found == {"Iso": MOMENT, "Epoch": MOMENT, "Http": MOMENT}


def test_json_value_in_a_header() -> None:
    put = ALL["PutHeaders"]
    value = {"a": [1, None, "ä"]}
    assert put.parse(serialize_request(put, {"Json": value})) == {"Json": value}
    assert parse_response(put, put.serialize({"Json": value}))["Json"] == value


@pytest.mark.parametrize("text", ["no base64!", "e30", "ew=="])
def test_header_with_invalid_json_raises_serialization_exception(text: str) -> None:
    put = ALL["PutHeaders"]
    request = serialize_request(put, {})
    request.headers = {"x-json": text}
    found = checked_outcome(put, request)
    assert isinstance(found, ServiceError)
    assert found.message == "STRING_VALUE can not be converted to a String"


def test_headers_with_a_common_prefix_are_a_map() -> None:
    put = ALL["PutHeaders"]
    assert "x-meta-color" in put.header_names
    assert "x-text" in put.header_names
    assert "authorization" not in put.header_names
    assert set(put.header_names) >= {"x-text", "x-whole"}
    assert put.parse(serialize_request(put, {"Meta": {"a": "1", "b": "2"}})) == {
        "Meta": {"a": "1", "b": "2"}
    }
    assert put.serialize({"Meta": {"a": "1"}}).headers["X-Meta-a"] == "1"


@pytest.mark.newer_botocore
@pytest.mark.parametrize(
    "texts", [["a"], ["a,b", "c"], ['say "hi"', "d"], ["a b", "c d"]], ids=repr
)
def test_list_in_a_header(texts: list[str]) -> None:
    put = ALL["PutHeaders"]
    assert put.parse(serialize_request(put, {"Texts": texts})) == {"Texts": texts}


def test_constraints_of_a_list_in_a_query() -> None:
    put = ALL["PutQuery"]
    assert put.parse(serialize_request(put, {"Pair": ["a", "b"]})) == {"Pair": ["a", "b"]}
    assert validation_error(put, {"Pair": ["a"]}).message == (
        "1 validation error detected: Value '[a]' at 'pair' failed to satisfy constraint: "
        "Member must have length greater than or equal to 2"
    )


def test_last_of_repeated_scalars_in_a_query_wins() -> None:
    put = ALL["PutQuery"]
    request = serialize_request(put, {})
    request.url += "?X-Text=first&X-Text=last"
    assert put.parse(request) == {"Text": "last"}


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("X-Whole=1_0", "an Integer"),
        ("X-Whole=%205", "an Integer"),
        ("X-Whole=%D9%A1", "an Integer"),
        ("X-Whole=2147483648", None),
        ("X-Long=9223372036854775808", None),
        ("X-Wholes=1&X-Wholes=x", "an Integer"),
        ("X-Double=1_0.0", "a Double"),
        ("X-Single=inf", "a Float"),
        ("X-Single=1e999", "a Float"),
        ("X-Flag=True", "a Boolean"),
        ("X-Flag=", "a Boolean"),
    ],
)
def test_invalid_scalar_in_a_query_raises_serialization_exception(
    query: str, kind: str | None
) -> None:
    put = ALL["PutQuery"]
    request = serialize_request(put, {})
    request.url += f"?{query}"
    found = checked_outcome(put, request)
    assert isinstance(found, ServiceError)
    assert found.code == "SerializationException"
    assert found.message is not None
    if kind is not None:
        assert found.message == f"STRING_VALUE can not be converted to {kind}"


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "10000-01-01", "0001-01-01T00:00:00+01:00"]
)
def test_invalid_timestamp_in_a_query_raises_serialization_exception(text: str) -> None:
    put = ALL["PutQuery"]
    request = serialize_request(put, {})
    request.url += f"?X-Moment={text.replace('+', '%2B')}"
    found = checked_outcome(put, request)
    assert isinstance(found, ServiceError)
    assert found.message == f"Unable to parse date : {text}"


@pytest.mark.newer_botocore
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_infinity_and_nan_are_serialized_as_text(value: float) -> None:
    for operation, base in ((ALL["PutBody"], {"Renamed": "a"}), (ALL["PutQuery"], {})):
        params = {**base, "Double": value, "Singles": [value]}
        assert same(operation.parse(serialize_request(operation, params)), params)
    assert validation_error(ALL["PutBody"], {"Renamed": "a", "Even": math.nan}).message == (
        "2 validation errors detected: "
        "Value 'NaN' at 'even' failed to satisfy constraint: "
        "Member must have value less than or equal to 1.5; "
        "Value 'NaN' at 'even' failed to satisfy constraint: "
        "Member must have value greater than or equal to 0.5"
    )


@pytest.mark.newer_botocore
def test_labels_are_unquoted_separately() -> None:
    put = ALL["PutLabels"]
    params = {
        "Text": "a/b:c d%2F?ü#",
        "Whole": -5,
        "Flag": True,
        "Moment": MOMENT,
        "Body": {"Name": "x"},
        "Id": "7",
    }
    assert (
        "/of/a%2Fb%3Ac%20d%252F%3F%C3%BC%23/-5/true/at/2026" in serialize_request(put, params).url
    )
    assert put.parse(serialize_request(put, params)) == params


@pytest.mark.newer_botocore
@pytest.mark.parametrize("name", ["Body", "Id"])
def test_missing_payload_or_header_is_reported(name: str) -> None:
    put = ALL["PutLabels"]
    params = {
        "Text": "a",
        "Whole": 1,
        "Flag": True,
        "Moment": MOMENT,
        "Body": {"Name": "x"},
        "Id": "7",
    }
    request = serialize_request(put, params)
    if name == "Body":
        request.body = b""
    else:
        request.headers = {}
    found = checked_outcome(put, request)
    assert isinstance(found, ServiceError)
    assert found.message == (
        f"1 validation error detected: Value null at '{name.lower()}' failed to satisfy "
        "constraint: Member must not be null"
    )


def test_text_payload() -> None:
    put = ALL["PutText"]
    assert put.parse(serialize_request(put, {"Body": "äöü"})) == {"Body": "äöü"}
    assert put.serialize({"Body": "ä"}) == HttpResponse(200, {}, "ä".encode())
    request = serialize_request(put, {})
    request.body = b"\xff"
    found = checked_outcome(put, request)
    assert isinstance(found, ServiceError)
    assert found.code == "SerializationException"


@pytest.mark.parametrize("value", [{"a": 1}, [1, None], "text", 7, False])
def test_document_payload_may_be_any_json(value: Any) -> None:
    get = ALL["GetDocument"]
    assert parse_response(get, get.serialize({"Body": value})) == {"Body": value}


def test_operation_without_members() -> None:
    ping = ALL["Ping"]
    request = serialize_request(ping, {})
    request.body = b"anything"
    assert ping.parse(request) == {}
    assert ping.serialize({}).body == b"{}"


def test_value_that_json_cannot_represent_raises() -> None:
    with pytest.raises(TypeError, match="has no place in a JSON answer"):
        ALL["PutBody"].serialize({"Text": object()})
