"""Identifiers, versions, accounts and regions of guardrails."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from mlmock import MockML, mock_ml
from tests.services.bedrock_runtime.guardrails.guardrail_helpers import (
    BLOCKED_MESSAGE,
    UNKNOWN_GUARDRAIL,
    apply,
    error_of,
    outputs,
)


@pytest.mark.parametrize(
    "options",
    [
        {"guardrailIdentifier": "gr2"},
        {"guardrailVersion": "2"},
        {"guardrailVersion": "DRAFT"},
        {"guardrailIdentifier": "arn:aws:bedrock:eu-west-1:123456789012:guardrail/gr1"},
        {"guardrailIdentifier": "arn:aws:bedrock:us-east-1:111122223333:guardrail/gr2"},
    ],
)
def test_a_guardrail_that_does_not_exist_is_rejected(
    ml: MockML, bedrock: Any, options: dict[str, str]
) -> None:
    ml.bedrock.guardrail("gr1", version=1)
    assert error_of(bedrock, **options) == ("ValidationException", UNKNOWN_GUARDRAIL)


def test_a_malformed_identifier_is_rejected(ml: MockML, bedrock: Any) -> None:
    code, message = error_of(bedrock, guardrailIdentifier="My Guardrail")
    assert code == "ValidationException"
    assert "guardrailIdentifier" in message


@pytest.mark.newer_botocore
def test_a_guardrail_is_found_by_its_arn(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    arn = "arn:aws:bedrock:us-east-1:123456789012:guardrail/gr1"
    answer = apply(bedrock, "secret", guardrailIdentifier=arn, guardrailVersion="DRAFT")
    assert outputs(answer) == [BLOCKED_MESSAGE]
    assert answer["assessments"][0]["appliedGuardrailDetails"]["guardrailVersion"] == "DRAFT"


@pytest.mark.newer_botocore
def test_a_guardrail_of_another_account(ml: MockML, bedrock: Any) -> None:
    arn = "arn:aws:bedrock:us-east-1:111122223333:guardrail/shared"
    ml.bedrock.guardrail(arn).block(words=["secret"])
    details = apply(bedrock, "hello", guardrailIdentifier=arn)["assessments"][0][
        "appliedGuardrailDetails"
    ]
    assert (details["guardrailArn"], details["guardrailOwnership"]) == (arn, "CROSS_ACCOUNT")
    assert error_of(bedrock, guardrailIdentifier="shared")[1] == UNKNOWN_GUARDRAIL


def test_a_version_overrides_the_guardrail_without_version(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    ml.bedrock.guardrail("gr1", version="2").block(words=["hello"])
    assert outputs(apply(bedrock, "hello")) == []
    assert outputs(apply(bedrock, "hello", guardrailVersion="2")) == [BLOCKED_MESSAGE]
    assert outputs(apply(bedrock, "secret", guardrailVersion="2")) == []


def test_a_guardrail_can_be_limited_to_a_region(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    ml.at(region="eu-west-1").bedrock.guardrail("gr1")
    europe = boto3.client("bedrock-runtime", region_name="eu-west-1")
    assert outputs(apply(bedrock, "secret")) == [BLOCKED_MESSAGE]
    assert outputs(apply(europe, "secret")) == []


def test_the_same_name_is_the_same_guardrail(ml: MockML, bedrock: Any) -> None:
    ml.bedrock.guardrail("gr1").block(words=["secret"])
    ml.bedrock.guardrail("gr1").block(words=["hidden"])
    assert (
        outputs(apply(bedrock, "hidden")) == outputs(apply(bedrock, "secret")) == [BLOCKED_MESSAGE]
    )
    assert repr(ml.bedrock.guardrail("gr1")) == "<guardrail gr1: 2 policies>"


def test_undeclared_guardrails_pass_everything_when_not_strict() -> None:
    with mock_ml(strict=False):
        client = boto3.client("bedrock-runtime", region_name="us-east-1")
        foreign = "arn:aws:bedrock:eu-west-1:123456789012:guardrail/gr1"
        assert apply(client, "hello")["action"] == "NONE"
        assert apply(client, "hello", guardrailIdentifier=foreign)["action"] == "NONE"


def test_a_savepoint_restores_policies(ml: MockML, bedrock: Any) -> None:
    guardrail = ml.bedrock.guardrail("gr1")
    with ml.savepoint():
        guardrail.block(words=["secret"]).messages(input="No.")
        assert outputs(apply(bedrock, "secret")) == ["No."]
    assert outputs(apply(bedrock, "secret")) == []
