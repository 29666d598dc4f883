"""Invalid answers and rules of an endpoint, and calls that no rule matches."""

from __future__ import annotations

from typing import Any

import pytest

from mlmock import InvalidRule, MockML, UnmatchedCall, error, output
from tests.services.sagemaker_runtime.invoke_helpers import body_of, invoke


def test_unmatched_call_names_the_closest_rule(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn").on(ContentType="text/csv").reply("1").optional()
    with pytest.raises(
        UnmatchedCall, match="no rule for endpoint 'churn' matches this call"
    ) as caught:
        invoke(client, ContentType="application/json")
    assert "ContentType is 'application/json'; expected 'text/csv'" in str(caught.value)
    suggestion = """ml.sagemaker.endpoint("churn").on(ContentType='application/json').reply('1')"""
    assert suggestion in str(caught.value)
    ml.unmatched.clear()


def test_suggested_rule_for_a_variant_is_valid(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn", variants=["green"])
    endpoint.on(variant="blue").reply("1").optional()
    suggestion = (
        """ml.sagemaker.endpoint("churn").on(InvokedProductionVariant='green').reply('1')"""
    )
    with pytest.raises(UnmatchedCall) as caught:
        invoke(client)
    assert suggestion in str(caught.value)
    ml.unmatched.clear()
    endpoint.on(InvokedProductionVariant="green").reply("1")
    assert body_of(client) == b"1"


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda e: e.reply(object()), "bytes, text or JSON"),
        (lambda e: e.reply(iter([b"a"])), "read only once"),
        (lambda e: e.reply(output(Body=b"", Nope=1)), "no member 'Nope'"),
        (
            lambda e: e.reply(output(InvokedProductionVariant="a")),
            "the service sets Invoked",
        ),
        (lambda e: e.reply(output(NewSessionId="no expiry")), "does not match the pattern"),
        (
            lambda e: e.reply(output(NewSessionId="id; Expires=2030-13-01T00:00:00Z")),
            "must expire at a valid date and time",
        ),
        (lambda e: e.reply("x", content_type="a\nb"), "visible US-ASCII"),
        (lambda e: e.reply("x", custom_attributes="x" * 1025), "at most 1024"),
        (lambda e: e.reply("x", custom_attributes="caffè"), "does not match the pattern"),
        (lambda e: e.model_error(200, "fine"), "400 to 599"),
        (lambda e: e.model_error(True), "400 to 599"),
        (lambda e: e.fail("NoSuchError"), "has no error 'NoSuchError'"),
        (lambda e: e.fail("ModelError", Nope=1), "no member 'Nope'"),
        (lambda e: e.stream("text"), "list or generator of its parts"),
        (lambda e: e.stream([b"a"], pause=-1), "pause= must be a number of seconds"),
        (lambda e: e.stream([error("ModelError")]), "not with ModelError"),
        (lambda e: e.stream([b"a"]).then_error("ModelError"), "not with ModelError"),
        (lambda e: e.stream([b"a"]).then_error("ModelStreamError", Nope=1), "no member 'Nope'"),
        (lambda e: e.reply("x").then_error("ModelStreamError"), "must follow stream"),
        (lambda e: e.on(where="x"), "a function of the call"),
        (lambda e: e.on(Bodi=1), "invocations have no member 'Bodi'"),
    ],
)
def test_invalid_rule_is_rejected_where_it_is_written(ml: MockML, write: Any, message: str) -> None:
    with pytest.raises(InvalidRule, match=message):
        write(ml.sagemaker.endpoint("churn").on())
    ml.reset()


def test_rejected_second_reply_leaves_the_rule_unchanged(ml: MockML, client: Any) -> None:
    rule = ml.sagemaker.endpoint("churn").reply(lambda call: "1,2", content_type="text/csv")
    with pytest.raises(InvalidRule, match="already has an answer"):
        rule.reply("3,4", content_type="text/x-other")
    found = invoke(client)
    assert (found["Body"].read(), found["ContentType"]) == (b"1,2", "text/csv")
