"""Personal data: what the pattern of each documented type finds, and what it ignores."""

from __future__ import annotations

from itertools import pairwise

import pytest
from botocore.session import Session
from hypothesis import given, settings
from hypothesis import strategies as st

from mlmock.services.bedrock_runtime.guardrails.assessment import Content, assess
from mlmock.services.bedrock_runtime.guardrails.pii import PII_TYPES, find_spans
from mlmock.services.bedrock_runtime.guardrails.policies import MASKED, Pii

# Numbers that their issuers publish for tests and examples.
FOUND = [
    (
        "ADDRESS",
        "Send it to 123 Any Street, Springfield, IL 62704.",
        ["123 Any Street, Springfield, IL 62704"],
    ),
    ("ADDRESS", "It is 10 Downing St.", ["10 Downing St."]),
    ("AGE", "She is 42 years old, he is a 7-year-old", ["42", "7"]),
    ("AGE", "I'm 36 and aged 36", ["36", "36"]),
    ("AWS_ACCESS_KEY", "key AKIAIOSFODNN7EXAMPLE.", ["AKIAIOSFODNN7EXAMPLE"]),
    (
        "AWS_SECRET_KEY",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ["wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"],
    ),
    ("CA_HEALTH_NUMBER", "OHIP number 1234-567-890 AB", ["1234-567-890 AB"]),
    ("CA_SOCIAL_INSURANCE_NUMBER", "SIN 046 454 286", ["046 454 286"]),
    ("CREDIT_DEBIT_CARD_CVV", "The CVV is 123, the security code: 4567", ["123", "4567"]),
    ("CREDIT_DEBIT_CARD_EXPIRY", "expiry date: 09/27, valid thru 01/2030", ["09/27", "01/2030"]),
    ("CREDIT_DEBIT_CARD_NUMBER", "pay 4111 1111 1111 1111 now", ["4111 1111 1111 1111"]),
    ("CREDIT_DEBIT_CARD_NUMBER", "378282246310005", ["378282246310005"]),
    ("DRIVER_ID", "my driver's license is D1234567", ["D1234567"]),
    ("EMAIL", "a.b+c@mail.example.org, or x@y.io.", ["a.b+c@mail.example.org", "x@y.io"]),
    (
        "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
        "GB82 WEST 1234 5698 7654 32 and DE89370400440532013000",
        ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000"],
    ),
    ("IP_ADDRESS", "from 192.0.2.44 to 2001:db8::1.", ["192.0.2.44", "2001:db8::1"]),
    ("IP_ADDRESS", "192.0.2.44:8080", ["192.0.2.44"]),
    ("LICENSE_PLATE", "license plate 8ABC123", ["8ABC123"]),
    (
        "MAC_ADDRESS",
        "00:00:5E:00:53:AF, 00-00-5e-00-53-01",
        ["00:00:5E:00:53:AF", "00-00-5e-00-53-01"],
    ),
    ("NAME", "My name is Jane Doe. Dr. Who", ["Jane Doe", "Who"]),
    ("PASSWORD", "password: hunter2!", ["hunter2!"]),
    (
        "PHONE",
        "(206) 555-0100, +1 206-555-0101, 206.555.0102",
        ["(206) 555-0100", "+1 206-555-0101", "206.555.0102"],
    ),
    ("PHONE", "+442079460000", ["+442079460000"]),
    ("PHONE", "1-800-555-0199, my phone number is 2065550100", ["1-800-555-0199", "2065550100"]),
    ("PIN", "my PIN is 4321", ["4321"]),
    ("SWIFT_CODE", "SWIFT: DEUTDEFF500", ["DEUTDEFF500"]),
    ("UK_NATIONAL_HEALTH_SERVICE_NUMBER", "NHS 943 476 5919", ["943 476 5919"]),
    ("UK_NATIONAL_INSURANCE_NUMBER", "AB 12 34 56 C", ["AB 12 34 56 C"]),
    ("UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER", "UTR 12345 67890", ["12345 67890"]),
    (
        "URL",
        "see https://example.org/a?b=1, or www.example.com",
        ["https://example.org/a?b=1", "www.example.com"],
    ),
    ("USERNAME", "username: jdoe_7", ["jdoe_7"]),
    ("US_BANK_ACCOUNT_NUMBER", "account number 12345678", ["12345678"]),
    ("US_BANK_ROUTING_NUMBER", "routing number 021000021", ["021000021"]),
    ("US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER", "912-70-1234", ["912-70-1234"]),
    ("US_PASSPORT_NUMBER", "passport no. C12345678", ["C12345678"]),
    ("US_SOCIAL_SECURITY_NUMBER", "078-05-1120 or 219 09 9999", ["078-05-1120", "219 09 9999"]),
    ("US_SOCIAL_SECURITY_NUMBER", "SSN: 078051120", ["078051120"]),
    ("US_SOCIAL_SECURITY_NUMBER", "social security number is 219099999", ["219099999"]),
    ("VEHICLE_IDENTIFICATION_NUMBER", "VIN 1HGCM82633A004352", ["1HGCM82633A004352"]),
]
IGNORED = [
    ("CREDIT_DEBIT_CARD_NUMBER", "4111 1111 1111 1112"),
    ("CA_SOCIAL_INSURANCE_NUMBER", "046 454 287"),
    ("INTERNATIONAL_BANK_ACCOUNT_NUMBER", "GB82 WEST 1234 5698 7654 33"),
    ("INTERNATIONAL_BANK_ACCOUNT_NUMBER", "AB12 CDEF 1234"),
    ("IP_ADDRESS", "1.2.3.400, 12:30, 999:zz"),
    ("UK_NATIONAL_HEALTH_SERVICE_NUMBER", "943 476 5918"),
    ("US_BANK_ROUTING_NUMBER", "routing number 021000022"),
    ("US_SOCIAL_SECURITY_NUMBER", "000-12-3456, 666-12-3456, 123-00-4567, 123-45 6789"),
    ("VEHICLE_IDENTIFICATION_NUMBER", "ABCDEFGHABCDEFGHA 12345678912345678"),
    ("PIN", "4321"),
    ("AGE", "42 apples, 36 %"),
    ("PHONE", "version 1.2.3, 2026-03-01, 12345, 2065550100"),
    ("EMAIL", "a@b, @c.org"),
    ("NAME", "the river and the town"),
    ("UK_NATIONAL_INSURANCE_NUMBER", "GB 12 34 56 C"),
]


@pytest.mark.parametrize(("kind", "text", "values"), FOUND)
def test_values_are_found(kind: str, text: str, values: list[str]) -> None:
    assert [text[span.start : span.end] for span in find_spans(kind, text)] == values


@pytest.mark.parametrize(("kind", "text"), IGNORED)
def test_similar_values_are_ignored(kind: str, text: str) -> None:
    assert list(find_spans(kind, text)) == []


def test_every_type_of_the_service_model_has_an_example() -> None:
    model = Session().get_service_model("bedrock-runtime")
    documented = model.shape_for("GuardrailPiiEntityType").metadata["enum"]
    assert list(PII_TYPES) == documented
    assert {kind for kind, _, _ in FOUND} == set(documented)


@pytest.mark.parametrize(
    "part", ["a.", "1 ", "A1", "pin ", "aws ", "secret key ", "12 Ab ", " ", ":"]
)
def test_time_grows_linearly_with_the_text(part: str) -> None:
    text = "pin is " + part * 20_000
    for kind in PII_TYPES:
        assert not any(span.end > len(text) for span in find_spans(kind, text))


def test_a_type_with_a_check_digit_wins_over_others() -> None:
    policies = [Pii(type=kind, action=MASKED) for kind in PII_TYPES]
    found = assess(policies, "INPUT", [Content("943 476 5919")])
    assert found.texts == ["{UK_NATIONAL_HEALTH_SERVICE_NUMBER}"]


PIECES = st.lists(
    st.sampled_from([text for _, text, _ in FOUND]) | st.text(st.characters(), max_size=8),
    max_size=6,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(pieces=PIECES, separator=st.sampled_from([" ", "", ", ", "\n", "\ud800"]))
def test_random_text_is_masked_without_overlaps(pieces: list[str], separator: str) -> None:
    text = separator.join(pieces)
    policies = [Pii(type=kind, action=MASKED) for kind in PII_TYPES]
    found = assess(policies, "INPUT", [Content(text)])
    found_spans = sorted(span for finding in found.findings for span in finding.spans)
    assert all(one.end <= other.start for one, other in pairwise(found_spans))
    masked, end = "", 0
    for span, mask in sorted((s, f.mask) for f in found.findings for s in f.spans):
        masked, end = masked + text[end : span.start] + mask, span.end
    assert found.texts == [masked + text[end:]]
    assert bool(found_spans) == found.has(MASKED)
