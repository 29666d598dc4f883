"""Corrupted payloads that services parse themselves give a 4xx error, never a traceback."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from mlmock import mock_ml
from tests.aws.malformed_requests import ODD_BODIES, ODD_VALUES, paths_into

# Model ID -> a valid body, for every body schema of every provider.
BODIES: dict[str, dict[str, Any]] = {
    "anthropic.claude-3-haiku-20240307-v1:0": {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 50,
        "system": [{"type": "text", "text": "Be kind."}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {}}],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "ok"}],
            },
        ],
        "tools": [{"name": "f", "description": "d", "input_schema": {"type": "object"}}],
        "tool_choice": {"type": "auto"},
        "stop_sequences": ["END"],
        "temperature": 0.5,
    },
    "anthropic.claude-v2": {"prompt": "\n\nHuman: Hi\n\nAssistant:", "max_tokens_to_sample": 50},
    "amazon.nova-lite-v1:0": {
        "schemaVersion": "messages-v1",
        "system": [{"text": "Be kind."}],
        "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
        "inferenceConfig": {"maxTokens": 50, "stopSequences": ["END"]},
        "toolConfig": {
            "tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}]
        },
    },
    "amazon.titan-text-express-v1": {
        "inputText": "Hi",
        "textGenerationConfig": {"maxTokenCount": 50, "stopSequences": []},
    },
    "amazon.titan-embed-text-v2:0": {"inputText": "Hi", "dimensions": 256, "normalize": True},
    "amazon.titan-image-generator-v2:0": {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": {"text": "A cat"},
        "imageGenerationConfig": {"numberOfImages": 1, "width": 512, "height": 512, "seed": 1},
    },
    "meta.llama3-8b-instruct-v1:0": {"prompt": "Hi", "max_gen_len": 50, "temperature": 0.5},
    "mistral.mistral-7b-instruct-v0:2": {"prompt": "<s>[INST] Hi [/INST]", "max_tokens": 50},
    "mistral.mistral-large-2407-v1:0": {
        "messages": [{"role": "user", "content": "Hi"}],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
    },
    "cohere.command-text-v14": {"prompt": "Hi", "max_tokens": 50, "stop_sequences": ["x"]},
    "cohere.command-r-v1:0": {
        "message": "Hi",
        "chat_history": [{"role": "USER", "message": "Hello"}],
        "tools": [{"name": "f", "description": "d", "parameter_definitions": {}}],
    },
    "cohere.embed-english-v3": {"texts": ["Hi"], "input_type": "search_document"},
    "cohere.rerank-v3-5:0": {"query": "q", "documents": ["a", "b"], "api_version": 2, "top_n": 1},
    "ai21.jamba-1-5-mini-v1:0": {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9},
    "deepseek.r1-v1:0": {"prompt": "Hi", "max_tokens": 50},
    "openai.gpt-oss-20b-1:0": {
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
        "max_completion_tokens": 50,
    },
    "stability.stable-image-core-v1:1": {"prompt": "A cat", "output_format": "png", "seed": 1},
    "qwen.qwen3-32b-v1:0": {"messages": [{"role": "user", "content": "Hi"}]},
    "writer.palmyra-x5-v1:0": {"messages": [{"role": "user", "content": "Hi"}]},
    "twelvelabs.pegasus-1-2-v1:0": {
        "inputPrompt": "What?",
        "mediaSource": {"base64String": "AAAA"},
    },
    "amazon.nova-canvas-v1:0": {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": {"text": "A cat"},
        "imageGenerationConfig": {"numberOfImages": 1},
    },
}
ODD = [*ODD_VALUES, float("nan"), float("inf")]


def corrupted(body: Any) -> Iterator[Any]:
    """Yield copies of `body` with each node replaced by each odd value, and removed."""
    for path in paths_into(body):
        for odd in (*ODD, ...):
            found = copy.deepcopy(body)
            inner = found
            for step in path[:-1]:
                inner = inner[step]
            if odd is ...:
                del inner[path[-1]]
            else:
                inner[path[-1]] = odd
            yield found


def client_of(service: str) -> Any:
    """Return a client without retries."""
    return boto3.client(
        service, region_name="us-east-1", config=Config(retries={"max_attempts": 0})
    )


def status(call: Any, **params: Any) -> int:
    """Return the HTTP status of a call, after reading its response to the end."""
    try:
        found = call(**params)
        for stream in (found.get("body"), found.get("Body")):
            if stream is not None:
                list(stream)
    except ClientError as error:
        found = dict(error.response)
    return int(found["ResponseMetadata"]["HTTPStatusCode"])


@pytest.mark.parametrize("model_id", BODIES)
def test_corrupted_model_body_is_answered_or_rejected(model_id: str) -> None:
    with mock_ml():
        client = client_of("bedrock-runtime")
        invoke = client.invoke_model
        assert status(invoke, modelId=model_id, body=json.dumps(BODIES[model_id])) == 200
        for body in ODD_BODIES:
            assert 400 <= status(invoke, modelId=model_id, body=body) < 500
        for body in corrupted(BODIES[model_id]):
            found = status(invoke, modelId=model_id, body=json.dumps(body))
            assert found == 200 or 400 <= found < 500


@pytest.mark.parametrize("model_id", [m for m in BODIES if "claude" in m or "lite" in m])
def test_corrupted_body_of_a_stream_is_answered_or_rejected(model_id: str) -> None:
    with mock_ml():
        invoke = client_of("bedrock-runtime").invoke_model_with_response_stream
        assert status(invoke, modelId=model_id, body=json.dumps(BODIES[model_id])) == 200
        for body in corrupted(BODIES[model_id]):
            found = status(invoke, modelId=model_id, body=json.dumps(body))
            assert found == 200 or 400 <= found < 500


def converse_body() -> dict[str, Any]:
    """Return the body of a Converse request that uses most members."""
    return {
        "system": [{"text": "Be kind."}],
        "messages": [
            {"role": "user", "content": [{"text": "Hi"}]},
            {
                "role": "assistant",
                "content": [{"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": [1]}}}],
            },
            {
                "role": "user",
                "content": [
                    {"toolResult": {"toolUseId": "t1", "content": [{"json": {"b": None}}]}}
                ],
            },
        ],
        "inferenceConfig": {"maxTokens": 50, "temperature": 0.5, "stopSequences": ["END"]},
        "toolConfig": {
            "tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}],
            "toolChoice": {"auto": {}},
        },
        "additionalModelRequestFields": {"top_k": 5},
        "additionalModelResponseFieldPaths": ["/stop_sequence"],
        "requestMetadata": {"a": "b"},
    }


@pytest.mark.parametrize("name", ["converse", "converse_stream"])
def test_corrupted_converse_body_is_answered_or_rejected(name: str) -> None:
    with mock_ml():
        client = client_of("bedrock-runtime")
        bodies = [json.dumps(body).encode() for body in corrupted(converse_body())]

        def change(request: Any, **_: Any) -> None:
            request.data = bodies[-1]

        client.meta.events.register("before-sign.bedrock-runtime.*", change)
        while bodies:
            found = status(getattr(client, name), modelId="amazon.nova-lite-v1:0", messages=[])
            assert found == 200 or 400 <= found < 500
            bodies.pop()


def test_odd_input_of_a_human_loop_is_accepted_or_rejected() -> None:
    with mock_ml() as ml:
        client = client_of("sagemaker-a2i-runtime")
        flow = ml.a2i.flow_definition("review", output="s3://bucket/out")
        texts = [body.decode("latin-1") for body in ODD_BODIES]
        texts += [json.dumps(value) for value in ODD_VALUES] + [json.dumps({"a": v}) for v in ODD]
        for number, text in enumerate(texts):
            name = f"loop-{number}"
            found = status(
                client.start_human_loop,
                HumanLoopName=name,
                FlowDefinitionArn=flow.arn,
                HumanLoopInput={"InputContent": text},
            )
            assert found == 200 or 400 <= found < 500
            if found == 200:
                ml.a2i.human_loop(name).complete({"echo": text})
                assert status(client.describe_human_loop, HumanLoopName=name) == 200
        listed = client.list_human_loops(FlowDefinitionArn=flow.arn, MaxResults=100)
        assert listed["HumanLoopSummaries"]


@pytest.mark.parametrize("body", ODD_BODIES, ids=lambda body: repr(body[:20]))
def test_endpoint_accepts_any_bytes(body: bytes) -> None:
    with mock_ml() as ml:
        ml.sagemaker.endpoint("churn").reply({"score": 1})
        ml.sagemaker.endpoint("llm").stream([b"a", b"b"])
        client = client_of("sagemaker-runtime")
        assert status(client.invoke_endpoint, EndpointName="churn", Body=body) == 200
        stream = client.invoke_endpoint_with_response_stream
        assert status(stream, EndpointName="llm", Body=body) == 200
        assert [call.body for call in ml.calls] == [body, body]


def test_rule_with_a_body_condition_accepts_any_body() -> None:
    with mock_ml() as ml:
        ml.sagemaker.endpoint("churn")
        rule = ml.on("sagemaker-runtime", "InvokeEndpoint", Body={"a": 1})
        rule.optional().fail("ValidationError", "never")
        client = client_of("sagemaker-runtime")
        for body in ODD_BODIES:
            assert status(client.invoke_endpoint, EndpointName="churn", Body=body) == 200


def test_corrupted_dataset_entries_are_accepted_or_rejected() -> None:
    entry = {
        "source-ref": "s3://bucket/image.png",
        "anomaly-label": 1,
        "anomaly-label-metadata": {
            "class-name": "anomaly",
            "type": "groundtruth/image-classification",
        },
    }
    with mock_ml() as ml:
        client = client_of("lookoutvision")
        client.create_project(ProjectName="circuits")
        client.create_dataset(ProjectName="circuits", DatasetType="train")
        changes = [*ODD_BODIES, *(json.dumps(body).encode() for body in corrupted(entry))]
        for change in changes:
            found = status(
                client.update_dataset_entries,
                ProjectName="circuits",
                DatasetType="train",
                Changes=change,
            )
            assert found == 202 or 400 <= found < 500
        assert status(client.describe_dataset, ProjectName="circuits", DatasetType="train") == 200
        assert (
            status(client.list_dataset_entries, ProjectName="circuits", DatasetType="train") == 200
        )
        assert len(ml.calls) == len(changes) + 4
