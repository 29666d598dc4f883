"""The exact messages of validation errors."""

import json
from typing import Any

import pytest

from mlmock.aws.protocol.messages import Request
from mlmock.aws.protocol.rest_json import Operation
from mlmock.aws.spec.validation import Violation, WrongType, find_violations, format_violations
from mlmock.errors import ServiceError
from tests.aws.botocore_codec import ENDPOINT
from tests.aws.request_checks import checked_outcome
from tests.aws.synthetic_model import ALL, MODEL

Operations = dict[str, Operation]
FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"


def message_for(operation: Operation, path: str, body: Any) -> str:
    """Return the error message for a JSON body."""
    found = checked_outcome(
        operation, Request("POST", ENDPOINT + path, {}, json.dumps(body).encode())
    )
    assert isinstance(found, ServiceError)
    return str(found.message)


def message_for_body(**body: Any) -> str:
    """Return the error message for a body of the synthetic model."""
    return message_for(ALL["PutBody"], "/body", {"other": "a", **body})


def test_all_violations_are_reported_in_one_message(operations: Operations) -> None:
    message = message_for(
        operations["StartHumanLoop"],
        "/human-loops",
        {"HumanLoopName": "Invoice_1", "FlowDefinitionArn": "x", "HumanLoopInput": {}},
    )
    assert message == (
        "3 validation errors detected: "
        "Value 'Invoice_1' at 'humanLoopName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: ^[a-z0-9](-*[a-z0-9])*$; "
        "Value 'x' at 'flowDefinitionArn' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: "
        "arn:aws[a-z\\-]*:sagemaker:[a-z0-9\\-]*:[0-9]{12}:flow-definition/.*; "
        "Value null at 'humanLoopInput.inputContent' failed to satisfy constraint: "
        "Member must not be null"
    )


@pytest.mark.newer_botocore
def test_minimum_length_is_reported_last(operations: Operations) -> None:
    tool = {"name": "", "inputSchema": {"json": {}}}
    body = {"toolConfig": {"tools": [{"toolSpec": tool}, {"toolSpec": {**tool, "name": "a b"}}]}}
    at = "toolConfig.tools.{}.member.toolSpec.name"
    pattern = "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+"
    assert message_for(operations["Converse"], "/model/m/converse", body) == (
        "3 validation errors detected: "
        f"Value '' at '{at.format(1)}' failed to satisfy constraint: {pattern}; "
        f"Value '' at '{at.format(1)}' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        f"Value 'a b' at '{at.format(2)}' failed to satisfy constraint: {pattern}"
    )


def test_element_is_reported_at_its_list_with_every_rule() -> None:
    pattern = "^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*$"
    assert message_for_body(Letterss=["fine", "!", "much too long"]) == (
        "1 validation error detected: Value '[fine, !, much too long]' at 'letterss' failed to "
        "satisfy constraint: Member must satisfy constraint: "
        "[Member must have length less than or equal to 8, "
        f"Member must satisfy regular expression pattern: {pattern}]"
    )


def test_nested_list_is_reported_at_the_outer_list_and_its_elements_at_the_inner() -> None:
    rule = "Member must satisfy constraint: [Member must have length less than or equal to 3, "
    rule += "Member must have length greater than or equal to 2]"
    inner = "Member must satisfy constraint: [Member must have length less than or equal to 8, "
    inner += "Member must satisfy regular expression pattern: ^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*$]"
    assert message_for_body(Table=[["a", "b"], ["c"], ["d", "!"]]) == (
        "2 validation errors detected: "
        f"Value '[[a, b], [c], [d, !]]' at 'table' failed to satisfy constraint: {rule}; "
        f"Value '[d, !]' at 'table.3.member' failed to satisfy constraint: {inner}"
    )


def test_keys_and_values_are_reported_at_their_map() -> None:
    assert message_for_body(ByColor={"blue": 1, "red": 2}) == (
        "2 validation errors detected: "
        "Value '{blue=1, red=2}' at 'byColor' failed to satisfy constraint: "
        "Map keys must satisfy constraint: [Member must satisfy enum value set: [red, green]]; "
        "Value '{blue=1, red=2}' at 'byColor' failed to satisfy constraint: "
        "Map value must satisfy constraint: [Member must have value less than or equal to 1.5, "
        "Member must have value greater than or equal to 0.5]"
    )


def test_null_in_a_list_or_a_map_is_rejected() -> None:
    assert message_for_body(Texts=["a", None], Flags=[True, None], ByColor={"red": None}) == (
        "3 validation errors detected: "
        "Value '[a, null]' at 'texts' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must not be null]; "
        "Value '[true, null]' at 'flags' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must not be null]; "
        "Value '{red=null}' at 'byColor' failed to satisfy constraint: "
        "Map value must satisfy constraint: [Member must not be null]"
    )


def test_null_in_a_list_of_documents_is_accepted() -> None:
    put = ALL["PutBody"]
    body = b'{"other": "a", "Documents": [null, 1, {"b": null}]}'
    request = Request("POST", f"{ENDPOINT}/body", {}, body)
    assert put.parse(request) == {"Renamed": "a", "Documents": [None, 1, {"b": None}]}


def test_sensitive_values_are_not_shown() -> None:
    message = message_for_body(
        Secret="hidden", Secrets=["hidden"], SecretBox={"Inner": "hidden!", "Pair": ["hidden!"]}
    )
    assert "hidden" not in message
    assert message.startswith(
        "5 validation errors detected: Value at 'secret' failed to satisfy constraint: "
        "Member must have length less than or equal to 3; Value at 'secrets' failed to "
    )


def test_bytes_are_not_shown() -> None:
    assert message_for_body(Bytes="QUFB" * 20) == (
        "1 validation error detected: Value at 'bytes' failed to satisfy constraint: "
        "Member must have length less than or equal to 50"
    )


def test_long_value_is_truncated() -> None:
    violation = next(find_violations(_shape("Letters"), "x" * 2000, "at", ""))
    assert violation.value == f"'{'x' * 1024}...'"


def test_union_must_have_exactly_one_member() -> None:
    rule = "failed to satisfy constraint: Member must have exactly one of its members set: "
    for choice in ({}, {"a": "x", "Whole": 1}, {"unknown": 1}, {"a": None}):
        assert message_for_body(Choice=choice) == (
            f"1 validation error detected: Value at 'choice' {rule}[text, whole, tree]"
        )


def test_null_members_of_a_union_are_ignored() -> None:
    put = ALL["PutBody"]
    body = b'{"other": "a", "Choice": {"a": "x", "Whole": null, "__type": "Choice"}}'
    request = Request("POST", f"{ENDPOINT}/body", {}, body)
    assert put.parse(request) == {"Renamed": "a", "Choice": {"Text": "x"}}


def test_message_counts_the_violations() -> None:
    violation = Violation("a.b", "'x'", "Member must not be null")
    assert format_violations([violation]).startswith(
        "1 validation error detected: Value 'x' at 'a.b' failed"
    )
    assert format_violations([violation, violation]).startswith("2 validation errors detected: ")


# -- wrong types ------------------------------------------------------------------------------

_WRONG = [
    ("Text", 1, "NUMBER_VALUE can not be converted to a String"),
    ("Text", [], "START_ARRAY can not be converted to a String"),
    ("Text", {}, "START_OBJECT can not be converted to a String"),
    ("Text", 0.5, "DECIMAL_VALUE can not be converted to a String"),
    ("Whole", "1", "STRING_VALUE can not be converted to an Integer"),
    ("Whole", 1.0, "DECIMAL_VALUE can not be converted to an Integer"),
    ("Whole", True, "TRUE_VALUE can not be converted to an Integer"),
    ("Whole", 2**31, "NUMBER_VALUE can not be converted to an Integer"),
    ("Whole", -(2**31) - 1, "NUMBER_VALUE can not be converted to an Integer"),
    ("Long", 2**63, "NUMBER_VALUE can not be converted to a Long"),
    ("Single", "1.0", "STRING_VALUE can not be converted to a Float"),
    ("Single", False, "FALSE_VALUE can not be converted to a Float"),
    ("Double", 10**400, "NUMBER_VALUE can not be converted to a Double"),
    ("Flag", "true", "STRING_VALUE can not be converted to a Boolean"),
    ("Flag", 0, "NUMBER_VALUE can not be converted to a Boolean"),
    ("Moment", True, "Unable to parse date : true"),
    ("Moment", "noon", "Unable to parse date : noon"),
    ("Moment", [], "Unable to parse date : []"),
    ("Moment", 1e300, "Unable to parse date : 1e+300"),
    ("x-Iso", 1, "Unable to parse date : 1"),
    ("x-Http", 1, "Unable to parse date : 1"),
    ("x-Http", "Tue, 99 Feb 2026", "Unable to parse date : Tue, 99 Feb 2026"),
    ("Bytes", "no base64", "STRING_VALUE can not be converted to a Blob"),
    ("Bytes", 1, "NUMBER_VALUE can not be converted to a Blob"),
    ("Texts", {}, "START_OBJECT can not be converted to a List"),
    ("Texts", ["a", 1], "NUMBER_VALUE can not be converted to a String"),
    ("ByColor", [], "START_ARRAY can not be converted to a Map"),
    ("ByColor", {"red": "1"}, "STRING_VALUE can not be converted to a Double"),
    ("Tree", "leaf", "STRING_VALUE can not be converted to a Structure"),
    ("Tree", {"n": "a", "t": [{"n": 1}]}, "NUMBER_VALUE can not be converted to a String"),
    ("Trees", [[]], "START_ARRAY can not be converted to a Structure"),
    ("Choice", [], "START_ARRAY can not be converted to a Structure"),
]


@pytest.mark.parametrize(("name", "value", "message"), [w for w in _WRONG if w[0] != "Trees"])
def test_value_of_the_wrong_type_raises_serialization_exception(
    name: str, value: Any, message: str
) -> None:
    body = json.dumps({"other": "a", name: value}).encode()
    found = checked_outcome(ALL["PutBody"], Request("POST", f"{ENDPOINT}/body", {}, body))
    assert isinstance(found, ServiceError)
    assert (found.code, found.message, found.status) == ("SerializationException", message, 400)


def test_wrong_type_in_a_list_of_structures_raises() -> None:
    with pytest.raises(WrongType, match="START_ARRAY can not be converted to a Structure"):
        list(find_violations(_shape("Trees"), [[]], "trees", ""))


@pytest.mark.parametrize("value", [0.5, 1, 1.5])
def test_integer_is_a_valid_double(value: float) -> None:
    body = json.dumps({"other": "a", "Even": value}).encode()
    found = checked_outcome(ALL["PutBody"], Request("POST", f"{ENDPOINT}/body", {}, body))
    assert found == {"Renamed": "a", "Even": value}


def test_recursive_shape_is_validated_at_every_level() -> None:
    tree: Any = {"n": "!"}
    for _ in range(20):
        tree = {"n": "a", "ByName": {"k": {"n": "b", "t": [tree]}}}
    at = "tree" + ".byName.k.member.trees.1.member" * 20
    assert f"Value '!' at '{at}.name' failed to satisfy" in message_for_body(Tree=tree)


def _shape(name: str) -> Any:
    return MODEL.shape_for(name)
