"""Identifiers of models: which resolve, and what the service refuses of them."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlmock import InvalidRule, MockML, mock_ml
from mlmock.services.bedrock_runtime.models.identifiers import resolve
from tests.services.bedrock_runtime.converse_helpers import (
    CLAUDE,
    NEW_CLAUDE,
    bedrock,
    converse,
    refusal,
    said,
)

HERE = "arn:aws:bedrock:us-east-1:123456789012"


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
        f"{HERE}:inference-profile/us.{NEW_CLAUDE}",
        f"{HERE}:inference-profile/global.{NEW_CLAUDE}",
        f"arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.{NEW_CLAUDE}",
    ],
)
def test_a_pattern_covers_what_resolves_to_the_model(ml: MockML, model: str) -> None:
    ml.bedrock.model("anthropic.claude-sonnet-4-5*").reply("Hello")
    assert said("Hi", model=model) == "Hello"


@mock_ml
def test_a_pattern_may_name_the_identifier_as_written(ml: MockML) -> None:
    ml.bedrock.model(f"us.{CLAUDE}").reply("from us")
    ml.bedrock.model(f"{HERE}:inference-profile/eu.*").reply("from eu")
    assert said("Hi", model=f"us.{CLAUDE}") == "from us"
    assert said("Hi", model=f"{HERE}:inference-profile/eu.{CLAUDE}") == "from eu"
    assert "mock answer" in said("Hi", model=CLAUDE)


@pytest.mark.newer_botocore
@mock_ml
@pytest.mark.parametrize(
    "arn",
    [
        f"{HERE}:application-inference-profile/abc123def456",
        f"{HERE}:provisioned-model/abc123def456",
        f"{HERE}:imported-model/abc123def456",
        f"{HERE}:custom-model-deployment/abc123def456",
        f"{HERE}:custom-model/anthropic.claude-3-haiku-20240307-v1/abc123def456",
        f"{HERE}:default-prompt-router/anthropic.claude:1",
        f"{HERE}:prompt-router/mine",
        f"{HERE}:prompt/ABCDEFGHIJ",
        "arn:aws:sagemaker:us-east-1:123456789012:endpoint/my-endpoint",
    ],
)
def test_every_form_of_arn_is_a_model(ml: MockML, arn: str) -> None:
    ml.bedrock.model(arn).reply("Hello")
    assert said("Hi", model=arn) == "Hello"


def test_what_an_arn_tells() -> None:
    custom = resolve(f"{HERE}:custom-model/anthropic.claude-3-haiku-20240307-v1/abc123def456")
    assert custom.base == "anthropic.claude-3-haiku-20240307-v1"
    assert resolve(f"{HERE}:prompt-router/mine").base == ""
    assert resolve(CLAUDE).arn("us-west-2").endswith(f"us-west-2::foundation-model/{CLAUDE}")
    assert resolve(f"{HERE}:imported-model/abc123def456").arn("us-west-2").startswith(HERE)


@mock_ml
def test_a_router_says_whom_it_asked() -> None:
    found = converse("Hi", model=f"{HERE}:default-prompt-router/anthropic.claude:1")
    router = found["trace"]["promptRouter"]
    assert router["invokedModelId"].endswith("foundation-model/anthropic.claude:1")


@pytest.mark.newer_botocore
@mock_ml
def test_a_base_says_what_stands_behind_an_arn(ml: MockML) -> None:
    arn = f"{HERE}:application-inference-profile/abc123def456"
    ml.bedrock.model(arn, base=f"us.{NEW_CLAUDE}")
    ml.bedrock.model("anthropic.claude-sonnet*").reply("Hello")
    assert said("Hi", model=arn) == "Hello"
    assert converse("Hi", model=arn)["usage"]["cacheReadInputTokens"] == 0


# -- refusals --------------------------------------------------------------------------------

UNKNOWN = "The provided model identifier is invalid."


@mock_ml
def test_nobodys_model(ml: MockML) -> None:
    assert refusal("Hi", model="does-not-exist") == UNKNOWN
    assert refusal("Hi", model="us.nobody.knows-v1:0") == UNKNOWN
    ml.bedrock.model("*").reply("Hello").optional()
    assert refusal("Hi", model="does-not-exist") == UNKNOWN
    ml.bedrock.model("nobody.*").reply("Here I am")
    assert said("Hi", model="nobody.knows-v1") == "Here I am"


@mock_ml
@pytest.mark.parametrize(
    "model",
    [
        "anthropic.",
        "anthropic.claude-nonexistent",
        "us.amazon.nova-mega",
        "arn:aws:s3:::box",
        "arn:aws:lambda:us-east-1:123456789012:function:f",
    ],
)
def test_no_model_is_called_like_that(ml: MockML, model: str) -> None:
    assert refusal("Hi", model=model) == UNKNOWN
    ml.bedrock.model(model).reply("Hello")
    assert said("Hi", model=model) == "Hello"


@mock_ml
def test_what_is_declared_not_to_exist(ml: MockML) -> None:
    ml.bedrock.model(CLAUDE, exists=False)
    assert refusal("Hi") == UNKNOWN


@mock_ml
def test_on_demand(ml: MockML) -> None:
    ml.bedrock.model("anthropic.claude-sonnet-4*", on_demand=False)
    assert refusal("Hi", model=NEW_CLAUDE) == (
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
def test_who_is_let_in(ml: MockML, declared: dict[str, Any], code: str, text: str) -> None:
    ml.bedrock.model("anthropic.*", **declared)
    with pytest.raises(ClientError) as caught:
        converse("Hi")
    assert caught.value.response["Error"]["Code"] == code
    assert text in caught.value.response["Error"]["Message"]


@mock_ml
def test_models_that_do_not_stream(ml: MockML) -> None:
    ml.bedrock.model(CLAUDE, streaming=False)
    messages = [{"role": "user", "content": [{"text": "Hi"}]}]
    with pytest.raises(ClientError, match=r"The model is unsupported for streaming\."):
        bedrock().converse_stream(modelId=CLAUDE, messages=messages)
    assert converse("Hi")["stopReason"] == "end_turn"


@mock_ml
def test_models_that_do_not_talk() -> None:
    text = "This action doesn't support the model that you provided."
    assert text in refusal("Hi", model="amazon.titan-embed-text-v2:0")
    assert text in refusal("Hi", model="stability.sd3-5-large-v1:0")


@mock_ml
def test_refusals_come_before_the_script(ml: MockML) -> None:
    ml.bedrock.model(CLAUDE, access=False).reply("Hello").optional()
    with pytest.raises(ClientError, match="You don't have access"):
        converse("Hi")


@mock_ml
def test_declarations_are_narrowed_and_the_last_one_decides(ml: MockML) -> None:
    ml.at(region="eu-west-1").bedrock.model(CLAUDE, access=False)
    messages = [{"role": "user", "content": [{"text": "Hi"}]}]
    assert bedrock().converse(modelId=CLAUDE, messages=messages)["stopReason"] == "end_turn"
    with pytest.raises(ClientError):
        bedrock("eu-west-1").converse(modelId=CLAUDE, messages=messages)
    ml.at(region="eu-west-1").bedrock.model("anthropic.*", access=True)
    bedrock("eu-west-1").converse(modelId=CLAUDE, messages=messages)


@mock_ml
def test_a_savepoint_takes_declarations_back(ml: MockML) -> None:
    with ml.savepoint():
        ml.bedrock.model(CLAUDE, access=False)
        with pytest.raises(ClientError):
            converse("Hi")
    assert converse("Hi")["stopReason"] == "end_turn"


@mock_ml
def test_many_identifiers_are_forgotten_again(ml: MockML) -> None:
    from mlmock.services.bedrock_runtime.models.declarations import ModelDeclarations

    models = ml._state.shared(ModelDeclarations)
    scope = ml.bedrock.default_scope()
    for number in range(2100):
        models.known(f"anthropic.claude-{number}", scope)
    assert len(models.here(scope)) < 2100


@mock_ml
def test_words_that_nobody_knows(ml: MockML) -> None:
    with pytest.raises(InvalidRule, match="declared by"):
        ml.bedrock.model(CLAUDE, streams=False)
    with pytest.raises(InvalidRule, match="True or False"):
        ml.bedrock.model(CLAUDE, streaming="no")  # type: ignore[arg-type]
    with pytest.raises(InvalidRule, match="agreement"):
        ml.bedrock.model(CLAUDE, access="maybe")
    with pytest.raises(InvalidRule, match="named by its id"):
        ml.bedrock.model("")
