"""A body for every family, with most of the members that the family reads."""

from __future__ import annotations

from typing import Any

from tests.services.bedrock_runtime.sample_media_bodies import IMAGE, MEDIA_BODIES, URI

CHAT: dict[str, Any] = {
    "messages": [
        {"role": "system", "content": "s"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "x"},
                {"type": "image_url", "image_url": {"url": URI}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "r"},
    ],
    "max_tokens": 5,
    "temperature": 1,
    "stop": ["x"],
    "tools": [
        {
            "type": "function",
            "function": {"name": "f", "description": "d", "parameters": {"type": "object"}},
        }
    ],
    "tool_choice": {"type": "function", "function": {"name": "f"}},
    "response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}},
}
BODIES: list[tuple[str, dict[str, Any]]] = [
    (
        "anthropic.claude-sonnet-4-20250514-v1:0",
        {
            "anthropic_version": "bedrock-2023-05-31",
            "max_tokens": 2000,
            "system": [{"type": "text", "text": "s"}],
            "temperature": 1,
            "stop_sequences": ["x"],
            "thinking": {"type": "enabled", "budget_tokens": 1024},
            "tool_choice": {"type": "auto"},
            "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}},
            "tools": [
                {"name": "f", "input_schema": {"type": "object"}, "description": "d"},
                {"type": "bash_20250124", "name": "bash"},
            ],
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "hi"},
                        {
                            "type": "image",
                            "source": {
                                "type": "base64",
                                "media_type": "image/png",
                                "data": IMAGE,
                            },
                        },
                        {
                            "type": "document",
                            "title": "t",
                            "source": {"type": "text", "data": "x", "media_type": "text/plain"},
                        },
                        {
                            "type": "document",
                            "source": {
                                "type": "content",
                                "content": [{"type": "text", "text": "x"}],
                            },
                        },
                        {
                            "type": "search_result",
                            "source": "s",
                            "title": "t",
                            "content": [{"type": "text", "text": "f"}],
                        },
                    ],
                },
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "t", "signature": "s"},
                        {"type": "redacted_thinking", "data": "AA"},
                        {"type": "tool_use", "id": "1", "name": "f", "input": {}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "tool_result",
                            "tool_use_id": "1",
                            "content": [{"type": "text", "text": "r"}],
                            "is_error": False,
                            "cache_control": {"type": "ephemeral"},
                        }
                    ],
                },
            ],
        },
    ),
    (
        "anthropic.claude-v2",
        {
            "prompt": "\n\nHuman: x\n\nAssistant:",
            "max_tokens_to_sample": 5,
            "stop_sequences": ["x"],
        },
    ),
    (
        "amazon.nova-lite-v1:0",
        {
            "schemaVersion": "messages-v1",
            "system": [{"text": "s"}],
            "inferenceConfig": {"max_new_tokens": 5, "topK": 5, "stopSequences": ["x"]},
            "toolConfig": {
                "tools": [
                    {
                        "toolSpec": {
                            "name": "f",
                            "description": "d",
                            "inputSchema": {"json": {"type": "object"}},
                        }
                    }
                ],
                "toolChoice": {"auto": {}},
            },
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {"text": "x"},
                        {"image": {"format": "png", "source": {"bytes": IMAGE}}},
                        {"document": {"format": "pdf", "name": "n", "source": {"bytes": IMAGE}}},
                    ],
                },
                {
                    "role": "assistant",
                    "content": [
                        {"toolUse": {"toolUseId": "1", "name": "f", "input": {}}},
                        {"reasoningContent": {"reasoningText": {"text": "t"}}},
                    ],
                },
                {
                    "role": "user",
                    "content": [
                        {
                            "toolResult": {
                                "toolUseId": "1",
                                "content": [{"json": {"a": 1}}, {"text": "x"}],
                                "status": "success",
                            }
                        }
                    ],
                },
            ],
        },
    ),
    (
        "amazon.titan-text-express-v1",
        {
            "inputText": "x",
            "textGenerationConfig": {
                "maxTokenCount": 5,
                "temperature": 0.5,
                "stopSequences": ["x"],
            },
        },
    ),
    (
        "meta.llama3-8b-instruct-v1:0",
        {"prompt": "x", "max_gen_len": 5, "temperature": 0.5, "images": [IMAGE]},
    ),
    ("mistral.mistral-7b-instruct-v0:2", {"prompt": "x", "max_tokens": 5, "stop": ["x"]}),
    ("mistral.mistral-large-2407-v1:0", CHAT),
    ("openai.gpt-oss-20b-1:0", CHAT),
    ("writer.palmyra-x5-v1:0", CHAT),
    ("writer.palmyra-x5-v1:0", {"prompt": "x", "stop": "y"}),
    ("ai21.jamba-1-5-mini-v1:0", CHAT),
    ("deepseek.r1-v1:0", {"prompt": "x", "stop": ["x"]}),
    (
        "deepseek.r1-v1:0",
        {
            "messages": [
                {"role": "system", "content": "s"},
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "x"},
                        {"type": "image_url", "image_url": {"url": URI}},
                    ],
                },
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [
                        {
                            "id": "a",
                            "type": "function",
                            "function": {"name": "f", "arguments": "{}"},
                        }
                    ],
                },
                {"role": "tool", "tool_call_id": "a", "content": "r"},
            ]
        },
    ),
    ("ai21.j2-mid-v1", {"prompt": "x", "maxTokens": 5, "countPenalty": {"scale": 1}}),
    ("cohere.command-text-v14", {"prompt": "x", "num_generations": 2}),
    (
        "cohere.command-r-v1:0",
        {
            "message": "x",
            "chat_history": [{"role": "USER", "message": "a"}],
            "preamble": "p",
            "tools": [
                {"name": "f", "description": "d", "parameter_definitions": {"a": {"type": "int"}}}
            ],
            "tool_results": [{"call": {"name": "f", "parameters": {}}, "outputs": [{"a": 1}]}],
        },
    ),
    *MEDIA_BODIES,
]
