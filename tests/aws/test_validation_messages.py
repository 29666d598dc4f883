"""The messages of refused requests, word for word."""

import json
from typing import Any

import pytest

from mlmock.aws.protocol.messages import Request
from mlmock.aws.protocol.rest_json import Operation
from mlmock.aws.spec.validation import Fault, WrongType, faults_of, wording
from mlmock.errors import ServiceError
from tests.aws.botocore_codec import ENDPOINT
from tests.aws.synthetic_model import ALL, MODEL
from tests.aws.test_malformed_requests import check

Operations = dict[str, Operation]
FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"


def refused(operation: Operation, path: str, body: Any) -> str:
    """Return the message with which a JSON body is refused."""
    found = check(operation, Request("POST", ENDPOINT + path, {}, json.dumps(body).encode()))
    assert isinstance(found, ServiceError)
    return str(found.message)


def refused_body(**body: Any) -> str:
    """Return the message with which our own model's body is refused."""
    return refused(ALL["PutBody"], "/body", {"other": "a", **body})


def test_all_faults_of_a_request_are_in_one_message(operations: Operations) -> None:
    message = refused(
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
def test_an_empty_name_breaks_two_rules_the_least_last(operations: Operations) -> None:
    tool = {"name": "", "inputSchema": {"json": {}}}
    body = {"toolConfig": {"tools": [{"toolSpec": tool}, {"toolSpec": {**tool, "name": "a b"}}]}}
    at = "toolConfig.tools.{}.member.toolSpec.name"
    pattern = "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+"
    assert refused(operations["Converse"], "/model/m/converse", body) == (
        "3 validation errors detected: "
        f"Value '' at '{at.format(1)}' failed to satisfy constraint: {pattern}; "
        f"Value '' at '{at.format(1)}' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        f"Value 'a b' at '{at.format(2)}' failed to satisfy constraint: {pattern}"
    )


def test_an_element_is_reported_where_its_list_stands_with_every_rule_it_has() -> None:
    pattern = "^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*$"
    assert refused_body(Letterss=["fine", "!", "much too long"]) == (
        "1 validation error detected: Value '[fine, !, much too long]' at 'letterss' failed to "
        "satisfy constraint: Member must satisfy constraint: "
        "[Member must have length less than or equal to 8, "
        f"Member must satisfy regular expression pattern: {pattern}]"
    )


def test_a_list_in_a_list_is_reported_at_the_outer_one_its_elements_at_their_place() -> None:
    rule = "Member must satisfy constraint: [Member must have length less than or equal to 3, "
    rule += "Member must have length greater than or equal to 2]"
    inner = "Member must satisfy constraint: [Member must have length less than or equal to 8, "
    inner += "Member must satisfy regular expression pattern: ^[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*$]"
    assert refused_body(Table=[["a", "b"], ["c"], ["d", "!"]]) == (
        "2 validation errors detected: "
        f"Value '[[a, b], [c], [d, !]]' at 'table' failed to satisfy constraint: {rule}; "
        f"Value '[d, !]' at 'table.3.member' failed to satisfy constraint: {inner}"
    )


def test_keys_and_values_of_a_map_are_reported_where_the_map_stands() -> None:
    assert refused_body(ByColour={"blue": 1, "red": 2}) == (
        "2 validation errors detected: "
        "Value '{blue=1, red=2}' at 'byColour' failed to satisfy constraint: "
        "Map keys must satisfy constraint: [Member must satisfy enum value set: [red, green]]; "
        "Value '{blue=1, red=2}' at 'byColour' failed to satisfy constraint: "
        "Map value must satisfy constraint: [Member must have value less than or equal to 1.5, "
        "Member must have value greater than or equal to 0.5]"
    )


def test_null_in_a_list_or_a_map_is_refused() -> None:
    assert refused_body(Texts=["a", None], Flags=[True, None], ByColour={"red": None}) == (
        "3 validation errors detected: "
        "Value '[a, null]' at 'texts' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must not be null]; "
        "Value '[true, null]' at 'flags' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must not be null]; "
        "Value '{red=null}' at 'byColour' failed to satisfy constraint: "
        "Map value must satisfy constraint: [Member must not be null]"
    )


def test_null_in_a_list_of_documents_is_a_document() -> None:
    put = ALL["PutBody"]
    body = b'{"other": "a", "Documents": [null, 1, {"b": null}]}'
    request = Request("POST", f"{ENDPOINT}/body", {}, body)
    assert put.parse(request) == {"Renamed": "a", "Documents": [None, 1, {"b": None}]}


def test_what_is_secret_is_not_repeated() -> None:
    message = refused_body(
        Secret="hidden", Secrets=["hidden"], SecretBox={"Inner": "hidden!", "Pair": ["hidden!"]}
    )
    assert "hidden" not in message
    assert message.startswith(
        "5 validation errors detected: Value at 'secret' failed to satisfy constraint: "
        "Member must have length less than or equal to 3; Value at 'secrets' failed to "
    )


def test_bytes_are_not_repeated() -> None:
    assert refused_body(Bytes="QUFB" * 20) == (
        "1 validation error detected: Value at 'bytes' failed to satisfy constraint: "
        "Member must have length less than or equal to 50"
    )


def test_a_long_value_is_repeated_in_part() -> None:
    fault = next(faults_of(_shape("Letters"), "x" * 2000, "at", ""))
    assert fault.value == f"'{'x' * 1024}...'"


def test_a_union_has_one_member() -> None:
    rule = "failed to satisfy constraint: Member must have exactly one of its members set: "
    for choice in ({}, {"a": "x", "Whole": 1}, {"unknown": 1}, {"a": None}):
        assert refused_body(Choice=choice) == (
            f"1 validation error detected: Value at 'choice' {rule}[text, whole, tree]"
        )


def test_a_union_with_null_beside_its_member_has_one() -> None:
    put = ALL["PutBody"]
    body = b'{"other": "a", "Choice": {"a": "x", "Whole": null, "__type": "Choice"}}'
    request = Request("POST", f"{ENDPOINT}/body", {}, body)
    assert put.parse(request) == {"Renamed": "a", "Choice": {"Text": "x"}}


def test_the_plural_counts() -> None:
    fault = Fault("a.b", "'x'", "Member must not be null")
    assert wording([fault]).startswith("1 validation error detected: Value 'x' at 'a.b' failed")
    assert wording([fault, fault]).startswith("2 validation errors detected: ")


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
    ("ByColour", [], "START_ARRAY can not be converted to a Map"),
    ("ByColour", {"red": "1"}, "STRING_VALUE can not be converted to a Double"),
    ("Tree", "leaf", "STRING_VALUE can not be converted to a Structure"),
    ("Tree", {"n": "a", "t": [{"n": 1}]}, "NUMBER_VALUE can not be converted to a String"),
    ("Trees", [[]], "START_ARRAY can not be converted to a Structure"),
    ("Choice", [], "START_ARRAY can not be converted to a Structure"),
]


@pytest.mark.parametrize(("name", "value", "message"), [w for w in _WRONG if w[0] != "Trees"])
def test_a_value_of_the_wrong_type_can_not_be_read(name: str, value: Any, message: str) -> None:
    body = json.dumps({"other": "a", name: value}).encode()
    found = check(ALL["PutBody"], Request("POST", f"{ENDPOINT}/body", {}, body))
    assert isinstance(found, ServiceError)
    assert (found.code, found.message, found.status) == ("SerializationException", message, 400)


def test_a_list_of_the_wrong_structures_can_not_be_read() -> None:
    with pytest.raises(WrongType, match="START_ARRAY can not be converted to a Structure"):
        list(faults_of(_shape("Trees"), [[]], "trees", ""))


@pytest.mark.parametrize("value", [0.5, 1, 1.5])
def test_a_whole_number_is_a_double_too(value: float) -> None:
    body = json.dumps({"other": "a", "Even": value}).encode()
    found = check(ALL["PutBody"], Request("POST", f"{ENDPOINT}/body", {}, body))
    assert found == {"Renamed": "a", "Even": value}


def test_a_recursive_shape_is_checked_at_every_level() -> None:
    tree: Any = {"n": "!"}
    for _ in range(20):
        tree = {"n": "a", "ByName": {"k": {"n": "b", "t": [tree]}}}
    at = "tree" + ".byName.k.member.trees.1.member" * 20
    assert f"Value '!' at '{at}.name' failed to satisfy" in refused_body(Tree=tree)


def _shape(name: str) -> Any:
    return MODEL.shape_for(name)
