"""Model identifiers: which ones resolve to a model, and which calls declarations reject."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock import InvalidRule, MockML, mock_ml
from mlmock.services.bedrock_runtime.models.identifiers import parse_model_id
from tests.services.bedrock_runtime.converse_helpers import (
    CLAUDE,
    NEW_CLAUDE,
    bedrock_client,
    converse,
    converse_text,
    error_message,
)

ARN_PREFIX = "arn:aws:bedrock:us-east-1:123456789012"


@mock_ml
@pytest.mark.parametrize(
    "model",
    [
        NEW_CLAUDE,
        f"us.{NEW_CLAUDE}",
        f"eu.{NEW_CLAUDE}",
        f"apac.{NEW_CLAUDE}",
        f"global.{NEW_CLAUDE}",
        f"us-gov.{NEW_CLAUDE}",
        f"jp.{NEW_CLAUDE}",
        f"arn:aws:bedrock:us-east-1::foundation-model/{NEW_CLAUDE}",
        f"{ARN_PREFIX}:inference-profile/us.{NEW_CLAUDE}",
        f"{ARN_PREFIX}:inference-profile/global.{NEW_CLAUDE}",
        f"arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.{NEW_CLAUDE}",
    ],
)
def test_a_pattern_matches_every_identifier_of_the_model(ml: MockML, model: str) -> None:
    ml.bedrock.model("anthropic.claude-sonnet-4-5*").reply("Hello")
    assert converse_text("Hi", model=model) == "Hello"


@mock_ml
def test_a_pattern_can_match_the_identifier_as_given(ml: MockML) -> None:
    ml.bedrock.model(f"us.{CLAUDE}").reply("from us")
    ml.bedrock.model(f"{ARN_PREFIX}:inference-profile/eu.*").reply("from eu")
    assert converse_text("Hi", model=f"us.{CLAUDE}") == "from us"
    assert converse_text("Hi", model=f"{ARN_PREFIX}:inference-profile/eu.{CLAUDE}") == "from eu"
    assert "mock answer" in converse_text("Hi", model=CLAUDE)


@pytest.mark.newer_botocore
@mock_ml
@pytest.mark.parametrize(
    "arn",
    [
        f"{ARN_PREFIX}:application-inference-profile/abc123def456",
        f"{ARN_PREFIX}:provisioned-model/abc123def456",
        f"{ARN_PREFIX}:imported-model/abc123def456",
        f"{ARN_PREFIX}:custom-model-deployment/abc123def456",
        f"{ARN_PREFIX}:custom-model/anthropic.claude-3-haiku-20240307-v1/abc123def456",
        f"{ARN_PREFIX}:default-prompt-router/anthropic.claude:1",
        f"{ARN_PREFIX}:prompt-router/mine",
        f"{ARN_PREFIX}:prompt/ABCDEFGHIJ",
        "arn:aws:sagemaker:us-east-1:123456789012:endpoint/my-endpoint",
    ],
)
def test_every_kind_of_arn_is_a_model(ml: MockML, arn: str) -> None:
    ml.bedrock.model(arn).reply("Hello")
    assert converse_text("Hi", model=arn) == "Hello"


def test_base_model_and_arn_of_identifiers() -> None:
    custom = parse_model_id(
        f"{ARN_PREFIX}:custom-model/anthropic.claude-3-haiku-20240307-v1/abc123def456"
    )
    assert custom.base == "anthropic.claude-3-haiku-20240307-v1"
    assert parse_model_id(f"{ARN_PREFIX}:prompt-router/mine").base == ""
    assert parse_model_id(CLAUDE).arn("us-west-2").endswith(f"us-west-2::foundation-model/{CLAUDE}")
    assert (
        parse_model_id(f"{ARN_PREFIX}:imported-model/abc123def456")
        .arn("us-west-2")
        .startswith(ARN_PREFIX)
    )


@mock_ml
def test_a_prompt_router_reports_the_invoked_model() -> None:
    found = converse("Hi", model=f"{ARN_PREFIX}:default-prompt-router/anthropic.claude:1")
    router = found["trace"]["promptRouter"]
    assert router["invokedModelId"].endswith("foundation-model/anthropic.claude:1")


@pytest.mark.newer_botocore
@mock_ml
def test_base_declares_the_model_of_an_arn(ml: MockML) -> None:
    arn = f"{ARN_PREFIX}:application-inference-profile/abc123def456"
    ml.bedrock.model(arn, base=f"us.{NEW_CLAUDE}")
    ml.bedrock.model("anthropic.claude-sonnet*").reply("Hello")
    assert converse_text("Hi", model=arn) == "Hello"
    assert converse("Hi", model=arn)["usage"]["cacheReadInputTokens"] == 0


# -- rejected calls ---------------------------------------------------------------------------

UNKNOWN = "The provided model identifier is invalid."


@mock_ml
def test_unknown_models_are_rejected_unless_a_rule_names_them(ml: MockML) -> None:
    assert error_message("Hi", model="does-not-exist") == UNKNOWN
    assert error_message("Hi", model="us.unknown.model-v1:0") == UNKNOWN
    ml.bedrock.model("*").reply("Hello").optional()
    assert error_message("Hi", model="does-not-exist") == UNKNOWN
    ml.bedrock.model("unknown.*").reply("Known")
    assert converse_text("Hi", model="unknown.model-v1") == "Known"


@mock_ml
@pytest.mark.parametrize(
    "model",
    [
        "anthropic.",
        "anthropic.claude-nonexistent",
        "us.amazon.nova-mega",
        "arn:aws:s3:::bucket",
        "arn:aws:lambda:us-east-1:123456789012:function:f",
    ],
)
def test_invalid_identifiers_are_rejected_unless_a_rule_names_them(ml: MockML, model: str) -> None:
    assert error_message("Hi", model=model) == UNKNOWN
    ml.bedrock.model(model).reply("Hello")
    assert converse_text("Hi", model=model) == "Hello"


@mock_ml
def test_models_declared_not_to_exist_are_rejected(ml: MockML) -> None:
    ml.bedrock.model(CLAUDE, exists=False)
    assert error_message("Hi") == UNKNOWN


@mock_ml
def test_models_without_on_demand_throughput_need_a_profile(ml: MockML) -> None:
    ml.bedrock.model("anthropic.claude-sonnet-4*", on_demand=False)
    assert error_message("Hi", model=NEW_CLAUDE) == (
        f"Invocation of model ID {NEW_CLAUDE} with on-demand throughput isn\u2019t supported. "
        "Retry your request with the ID or ARN of an inference profile that contains this model."
    )
    assert converse("Hi", model=f"us.{NEW_CLAUDE}")["stopReason"] == "end_turn"


@mock_ml
@pytest.mark.parametrize(
    ("declared", "code", "text"),
    [
        (
            {"access": False},
            "AccessDeniedException",
            "You don't have access to the model with the specified model ID.",
        ),
        (
            {"access": "agreement"},
            "AccessDeniedException",
            "Your account does not have an agreement to this model.",
        ),
        (
            {"access": "account"},
            "AccessDeniedException",
            "Your account is not authorized to invoke this API operation.",
        ),
        ({"access": "marketplace"}, "AccessDeniedException", "aws-marketplace:Subscribe"),
        ({"access": "use_case"}, "ResourceNotFoundException", "use case details"),
        (
            {"legacy": True},
            "ResourceNotFoundException",
            "Access denied. This Model is marked by provider as Legacy and you have not been "
            "actively using the model in the last 15 days. Please upgrade to an active model on "
            "Amazon Bedrock",
        ),
        (
            {"end_of_life": True},
            "ResourceNotFoundException",
            "This model version has reached the end of its life.",
        ),
        (
            {"converse": False},
            "ValidationException",
            "This action doesn't support the model that you provided. Try again with a supported "
            "text or chat model.",
        ),
    ],
)
def test_declared_restrictions_reject_calls(
    ml: MockML, declared: dict[str, Any], code: str, text: str
) -> None:
    ml.bedrock.model("anthropic.*", **declared)
    with pytest.raises(ClientError) as caught:
        converse("Hi")
    assert caught.value.response["Error"]["Code"] == code
    assert text in caught.value.response["Error"]["Message"]


@mock_ml
def test_models_without_streaming_reject_streams(ml: MockML) -> None:
    ml.bedrock.model(CLAUDE, streaming=False)
    messages = [{"role": "user", "content": [{"text": "Hi"}]}]
    with pytest.raises(ClientError, match=r"The model is unsupported for streaming\."):
        bedrock_client().converse_stream(modelId=CLAUDE, messages=messages)
    assert converse("Hi")["stopReason"] == "end_turn"


@mock_ml
def test_models_without_converse_reject_it() -> None:
    text = "This action doesn't support the model that you provided."
    assert text in error_message("Hi", model="amazon.titan-embed-text-v2:0")
    assert text in error_message("Hi", model="stability.sd3-5-large-v1:0")


@mock_ml
def test_access_is_checked_before_the_rules(ml: MockML) -> None:
    ml.bedrock.model(CLAUDE, access=False).reply("Hello").optional()
    with pytest.raises(ClientError, match="You don't have access"):
        converse("Hi")


@mock_ml
def test_declarations_can_be_limited_to_a_region_and_the_last_one_wins(ml: MockML) -> None:
    ml.at(region="eu-west-1").bedrock.model(CLAUDE, access=False)
    messages = [{"role": "user", "content": [{"text": "Hi"}]}]
    assert bedrock_client().converse(modelId=CLAUDE, messages=messages)["stopReason"] == "end_turn"
    with pytest.raises(ClientError):
        bedrock_client("eu-west-1").converse(modelId=CLAUDE, messages=messages)
    ml.at(region="eu-west-1").bedrock.model("anthropic.*", access=True)
    bedrock_client("eu-west-1").converse(modelId=CLAUDE, messages=messages)


@mock_ml
def test_a_savepoint_restores_declarations(ml: MockML) -> None:
    with ml.savepoint():
        ml.bedrock.model(CLAUDE, access=False)
        with pytest.raises(ClientError):
            converse("Hi")
    assert converse("Hi")["stopReason"] == "end_turn"


@mock_ml
def test_the_cache_of_identifiers_is_bounded(ml: MockML) -> None:
    from mlmock.services.bedrock_runtime.models.declarations import ModelDeclarations

    models = ml._state.shared(ModelDeclarations)
    scope = ml.bedrock.default_scope()
    for number in range(2100):
        models.resolve(f"anthropic.claude-{number}", scope)
    assert len(models.cache_of(scope)) < 2100


@mock_ml
def test_invalid_declarations_are_rejected(ml: MockML) -> None:
    with pytest.raises(InvalidRule, match="no argument 'streams'"):
        ml.bedrock.model(CLAUDE, streams=False)
    with pytest.raises(InvalidRule, match="True or False"):
        ml.bedrock.model(CLAUDE, streaming="no")  # type: ignore[arg-type]
    with pytest.raises(InvalidRule, match="agreement"):
        ml.bedrock.model(CLAUDE, access="maybe")
    with pytest.raises(InvalidRule, match="requires a model id, an ARN or a glob"):
        ml.bedrock.model("")
