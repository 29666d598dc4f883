"""What the held services lack, proved on a model of our own, both ways."""

import json
import math
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock.aws.protocol import errors as faults
from mlmock.aws.protocol.event_stream import EventStream
from mlmock.aws.protocol.messages import Answer
from mlmock.aws.protocol.rest_json import Operation
from mlmock.errors import ServiceError
from tests.aws.botocore_codec import read, written
from tests.aws.constraint_violations import broken_requests, incomplete
from tests.aws.hypothesis_profile import SOME
from tests.aws.malformed_requests import spoilt
from tests.aws.minimal_values import places
from tests.aws.shape_strategies import structures
from tests.aws.synthetic_model import ALL, MODEL
from tests.aws.test_constraints import expected, refusal
from tests.aws.test_malformed_requests import check

UTC = timezone.utc
WITH_INPUT = [name for name, found in ALL.items() if found.model.input_shape is not None]
WITH_OUTPUT = [name for name, found in ALL.items() if found.model.output_shape is not None]
MOMENT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


@pytest.mark.newer_botocore
@pytest.mark.parametrize("name", WITH_INPUT)
@settings(SOME)
@given(data=st.data())
def test_what_botocore_writes_is_read_as_it_was_given(name: str, data: st.DataObject) -> None:
    operation = ALL[name]
    params = data.draw(structures(operation.model.input_shape))
    assert same(operation.parse(written(operation, params)), as_read(operation, params))


@pytest.mark.newer_botocore
@pytest.mark.parametrize("name", WITH_OUTPUT)
@settings(SOME)
@given(data=st.data())
def test_botocore_reads_what_we_answer(name: str, data: st.DataObject) -> None:
    operation = ALL[name]
    result = data.draw(structures(operation.model.output_shape))
    if "Code" in result:
        result["Code"] = 200 + result["Code"] % 100
    found = read(operation, operation.serialise(result))
    assert same(without_what_is_always_there(found, result), with_small_headers(result))


@pytest.mark.newer_botocore
@pytest.mark.parametrize("name", WITH_INPUT)
@settings(SOME)
@given(data=st.data())
def test_a_spoilt_request_is_read_or_refused(name: str, data: st.DataObject) -> None:
    check(ALL[name], data.draw(spoilt(ALL[name])))


@pytest.mark.newer_botocore
@pytest.mark.parametrize("name", WITH_INPUT)
def test_every_constraint_is_worded(name: str) -> None:
    operation = ALL[name]
    for place in places(operation.model.input_shape):
        cases = [*broken_requests(place), *incomplete(place)]
        for params, said in cases:
            assert refusal(operation, params).message == expected(said)


def as_read(operation: Operation, params: dict[str, Any]) -> dict[str, Any]:
    """Return `params` as they arrive: header names lose their case, an empty text is no absence."""
    found = with_small_headers(params)
    if not found.get("Meta", True):
        del found["Meta"]
    if operation.name == "PutText":
        found.setdefault("Body", "")
    return found


def with_small_headers(members: dict[str, Any]) -> dict[str, Any]:
    """Return `members` with the names of headers as HTTP leaves them: in no certain case."""
    meta = {key.lower(): text for key, text in members.get("Meta", {}).items()}
    return {**members, "Meta": meta} if "Meta" in members else dict(members)


def without_what_is_always_there(found: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return what botocore read without what it shows whether it was answered or not."""
    always = ("Code", "Meta", "Body")
    return {key: item for key, item in found.items() if key not in always or key in given}


def same(found: Any, wanted: Any) -> bool:
    """True for equal values, where one not-a-number equals another."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        return found.keys() == wanted.keys() and all(same(found[k], wanted[k]) for k in found)
    if isinstance(found, list) and isinstance(wanted, list):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    if isinstance(found, float) and math.isnan(found):
        return isinstance(wanted, float) and math.isnan(wanted)
    return bool(found == wanted)


# -- one by one -------------------------------------------------------------------------------


def test_members_may_swap_their_names_on_the_wire() -> None:
    put = ALL["PutBody"]
    request = written(put, {"Renamed": "ab", "other": 7})
    assert request.body == b'{"other": "ab", "Renamed": 7}'
    assert put.parse(request) == {"Renamed": "ab", "other": 7}
    assert put.serialise({"Renamed": "ab", "other": 7}).body == b'{"other":"ab","Renamed":7}'


def test_a_renamed_member_is_refused_by_its_own_name() -> None:
    fault = refusal(ALL["PutBody"], {"Renamed": "!", "other": 2**40})
    assert fault.code == "SerializationException"
    fault = refusal(ALL["PutBody"], {"Renamed": "!", "Tree": {"Trees": [{"Name": "?"}]}})
    assert fault.message == (
        "3 validation errors detected: "
        "Value '!' at 'renamed' failed to satisfy constraint: Member must satisfy regular "
        "expression pattern: ^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*$; "
        "Value null at 'tree.name' failed to satisfy constraint: Member must not be null; "
        "Value '?' at 'tree.trees.1.member.name' failed to satisfy constraint: Member must "
        "satisfy regular expression pattern: ^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*$"
    ).replace("Value '!' at 'renamed'", "Value '!' at 'renamed'")


@pytest.mark.parametrize("name", ["Iso", "Epoch", "Http", "Moment"])
def test_each_timestamp_has_its_own_format(name: str) -> None:
    for operation in (ALL["PutBody"], ALL["PutQuery"], ALL["PutHeaders"]):
        params = {"Renamed": "a", name: MOMENT} if operation.name == "PutBody" else {name: MOMENT}
        assert operation.parse(written(operation, params)) == params
    for operation in (ALL["PutBody"], ALL["PutHeaders"], ALL["GetStatus"]):
        if name in operation.model.output_shape.members:
            assert read(operation, operation.serialise({name: MOMENT}))[name] == MOMENT


def test_timestamps_are_written_in_the_formats_of_their_places() -> None:
    moments = {"Iso": MOMENT, "Epoch": MOMENT, "Http": MOMENT, "Moment": MOMENT}
    assert ALL["PutBody"].serialise(moments).body == (
        b'{"Moment":1770091506,"x-Iso":"2026-02-03T04:05:06Z","x-Epoch":1770091506,'
        b'"x-Http":"Tue, 03 Feb 2026 04:05:06 GMT"}'
    )
    headers = ALL["PutHeaders"].serialise(moments).headers
    assert headers["X-Moment"] == "Tue, 03 Feb 2026 04:05:06 GMT"
    assert headers["x-Iso"] == "2026-02-03T04:05:06Z"
    assert headers["x-Epoch"] == "1770091506"


def test_a_moment_without_a_zone_is_utc_and_one_of_another_zone_is_the_same_moment() -> None:
    there = MOMENT.astimezone(timezone(timedelta(hours=9)))
    for moment in (MOMENT.replace(tzinfo=None), there):
        result = {"Iso": moment, "Epoch": moment, "Http": moment}
        found = read(ALL["PutBody"], ALL["PutBody"].serialise(result))
        assert found == {"Iso": MOMENT, "Epoch": MOMENT, "Http": MOMENT}


def test_json_travels_in_a_header() -> None:
    put = ALL["PutHeaders"]
    value = {"a": [1, None, "ä"]}
    assert put.parse(written(put, {"Json": value})) == {"Json": value}
    assert read(put, put.serialise({"Json": value}))["Json"] == value


@pytest.mark.parametrize("text", ["no base64!", "e30", "ew=="])
def test_a_header_that_holds_no_json_is_a_serialization_error(text: str) -> None:
    put = ALL["PutHeaders"]
    request = written(put, {})
    request.headers = {"x-json": text}
    found = check(put, request)
    assert isinstance(found, ServiceError)
    assert found.message == "STRING_VALUE can not be converted to a String"


def test_headers_that_begin_alike_are_one_map() -> None:
    put = ALL["PutHeaders"]
    assert "x-meta-colour" in put.header_names
    assert "x-text" in put.header_names
    assert "authorization" not in put.header_names
    assert set(put.header_names) >= {"x-text", "x-whole"}
    assert put.parse(written(put, {"Meta": {"a": "1", "b": "2"}})) == {"Meta": {"a": "1", "b": "2"}}
    assert put.serialise({"Meta": {"a": "1"}}).headers["X-Meta-a"] == "1"


@pytest.mark.newer_botocore
@pytest.mark.parametrize(
    "texts", [["a"], ["a,b", "c"], ['say "hi"', "d"], ["a b", "c d"]], ids=repr
)
def test_a_header_may_hold_a_list(texts: list[str]) -> None:
    put = ALL["PutHeaders"]
    assert put.parse(written(put, {"Texts": texts})) == {"Texts": texts}


def test_a_list_in_a_query_has_its_limits() -> None:
    put = ALL["PutQuery"]
    assert put.parse(written(put, {"Pair": ["a", "b"]})) == {"Pair": ["a", "b"]}
    assert refusal(put, {"Pair": ["a"]}).message == (
        "1 validation error detected: Value '[a]' at 'pair' failed to satisfy constraint: "
        "Member must have length greater than or equal to 2"
    )


def test_of_a_scalar_given_twice_in_a_query_the_last_counts() -> None:
    put = ALL["PutQuery"]
    request = written(put, {})
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
def test_text_that_spells_no_value_is_a_serialization_error(query: str, kind: str | None) -> None:
    put = ALL["PutQuery"]
    request = written(put, {})
    request.url += f"?{query}"
    found = check(put, request)
    assert isinstance(found, ServiceError)
    assert found.code == "SerializationException"
    assert found.message is not None
    if kind is not None:
        assert found.message == f"STRING_VALUE can not be converted to {kind}"


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13-01", "10000-01-01", "0001-01-01T00:00:00+01:00"]
)
def test_text_that_is_no_moment_is_a_serialization_error(text: str) -> None:
    put = ALL["PutQuery"]
    request = written(put, {})
    request.url += f"?X-Moment={text.replace('+', '%2B')}"
    found = check(put, request)
    assert isinstance(found, ServiceError)
    assert found.message == f"Unable to parse date : {text}"


@pytest.mark.newer_botocore
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_the_three_numbers_without_digits_travel_as_text(value: float) -> None:
    for operation, base in ((ALL["PutBody"], {"Renamed": "a"}), (ALL["PutQuery"], {})):
        params = {**base, "Double": value, "Singles": [value]}
        assert same(operation.parse(written(operation, params)), params)
    assert refusal(ALL["PutBody"], {"Renamed": "a", "Even": math.nan}).message == (
        "2 validation errors detected: "
        "Value 'NaN' at 'even' failed to satisfy constraint: "
        "Member must have value less than or equal to 1.5; "
        "Value 'NaN' at 'even' failed to satisfy constraint: "
        "Member must have value greater than or equal to 0.5"
    )


@pytest.mark.newer_botocore
def test_labels_of_every_kind_are_unquoted_one_by_one() -> None:
    put = ALL["PutLabels"]
    params = {
        "Text": "a/b:c d%2F?ü#",
        "Whole": -5,
        "Flag": True,
        "Moment": MOMENT,
        "Body": {"Name": "x"},
        "Id": "7",
    }
    assert "/of/a%2Fb%3Ac%20d%252F%3F%C3%BC%23/-5/true/at/2026" in written(put, params).url
    assert put.parse(written(put, params)) == params


@pytest.mark.newer_botocore
@pytest.mark.parametrize("name", ["Body", "Id"])
def test_what_is_required_outside_the_json_body_is_missed(name: str) -> None:
    put = ALL["PutLabels"]
    params = {
        "Text": "a",
        "Whole": 1,
        "Flag": True,
        "Moment": MOMENT,
        "Body": {"Name": "x"},
        "Id": "7",
    }
    request = written(put, params)
    if name == "Body":
        request.body = b""
    else:
        request.headers = {}
    found = check(put, request)
    assert isinstance(found, ServiceError)
    assert found.message == (
        f"1 validation error detected: Value null at '{name.lower()}' failed to satisfy "
        "constraint: Member must not be null"
    )


def test_a_body_of_text_is_text() -> None:
    put = ALL["PutText"]
    assert put.parse(written(put, {"Body": "äöü"})) == {"Body": "äöü"}
    assert put.serialise({"Body": "ä"}) == Answer(200, {}, "ä".encode())
    request = written(put, {})
    request.body = b"\xff"
    found = check(put, request)
    assert isinstance(found, ServiceError)
    assert found.code == "SerializationException"


@pytest.mark.parametrize("value", [{"a": 1}, [1, None], "text", 7, False])
def test_a_body_may_be_any_json(value: Any) -> None:
    get = ALL["GetDocument"]
    assert read(get, get.serialise({"Body": value})) == {"Body": value}


def test_an_operation_without_members_reads_nothing_and_answers_nothing() -> None:
    ping = ALL["Ping"]
    request = written(ping, {})
    request.body = b"anything"
    assert ping.parse(request) == {}
    assert ping.serialise({}).body == b"{}"


# -- errors -----------------------------------------------------------------------------------


def test_an_errors_members_stand_where_the_model_has_them() -> None:
    fault = ServiceError("Refused", "not now", Retry=7, Tree={"Name": "x"})
    answer = faults.answer_of(ALL["Ping"].model, fault)
    assert answer.status == 409
    assert answer.headers["Retry-After"] == "7"
    assert answer.headers["x-amzn-ErrorType"] == "RefusedForNow"
    assert answer.body == b'{"Message":"not now","Tree":{"n":"x"}}'


def test_a_header_that_an_error_does_not_have_is_left_out() -> None:
    answer = faults.answer_of(ALL["Ping"].model, ServiceError("RefusedForNow", Retry=None))
    assert "Retry-After" not in answer.headers
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body).get("Message") is None


def test_an_error_without_a_status_of_its_own_has_the_common_one() -> None:
    answer = faults.answer_of(ALL["Ping"].model, ServiceError("InternalFailure", "oh"))
    assert (answer.status, answer.body) == (500, b'{"message":"oh"}')


def test_an_error_that_is_not_modelled_has_the_common_status() -> None:
    answer = faults.answer_of(ALL["PutBody"].model, ServiceError("ThrottlingException", "slow"))
    assert (answer.status, answer.body) == (400, b'{"Message":"slow"}')
    answer = faults.answer_of(ALL["PutBody"].model, ServiceError("Odd", status=418, when=MOMENT))
    assert (answer.status, answer.body) == (418, b'{"Message":null,"when":1770091506}')


# -- events -----------------------------------------------------------------------------------


def _stream() -> EventStream:
    return EventStream(MODEL.shape_for("Stream"))


def _read_frames(frames: bytes) -> list[tuple[dict[str, Any], bytes]]:
    buffer: Any = EventStreamBuffer()
    buffer.add_data(frames)
    return [(message.headers, message.payload) for message in buffer]


def test_an_events_payload_may_be_text_bytes_or_a_structure() -> None:
    events = [
        {"AsText": {"Body": "ä"}},
        {"AsBytes": {"Body": b"\x00"}},
        {"AsTree": {"Body": {"Name": "a"}}},
        {"AsTree": {}},
        {"Plain": {"Text": "x", "Moment": MOMENT}},
        {"Plain": b'{"Text":"as it is"}'},
    ]
    found = _read_frames(b"".join(_stream().encode(events)))
    assert [payload for _, payload in found] == [
        "ä".encode(),
        b"\x00",
        b'{"n":"a"}',
        b"{}",
        b'{"Text":"x","Moment":1770091506}',
        b'{"Text":"as it is"}',
    ]
    kinds = [headers[":content-type"] for headers, _ in found]
    octets = "application/octet-stream"
    assert kinds == ["text/plain", octets, *["application/json"] * 4]
    assert [h[":event-type"] for h, _ in found][:2] == ["AsText", "AsBytes"]


@pytest.mark.parametrize("message", [None, "odd", "ü" * 70_000, "\ud800"])
def test_an_error_that_a_stream_does_not_model_is_a_message_of_its_own(message: str | None) -> None:
    frames = _stream().exception(ServiceError("Odd", message))
    ((headers, payload),) = _read_frames(frames)
    assert (headers[":message-type"], headers[":error-code"], payload) == ("error", "Odd", b"")
    assert headers[":error-message"] == (message or "")[:8000].replace("\ud800", "?")


def test_what_has_no_place_in_json_is_said() -> None:
    with pytest.raises(TypeError, match="has no place in a JSON answer"):
        ALL["PutBody"].serialise({"Text": object()})
