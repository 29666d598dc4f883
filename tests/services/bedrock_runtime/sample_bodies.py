"""A body for every family, with as much in it as the family reads."""

from __future__ import annotations

import base64
from typing import Any

from mlmock.services.bedrock_runtime.media.images import generate_png

PICTURE = base64.b64encode(generate_png("a cat", 16, 16)).decode()
URI = f"data:image/png;base64,{PICTURE}"
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
                                "data": PICTURE,
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
                        {"image": {"format": "png", "source": {"bytes": PICTURE}}},
                        {"document": {"format": "pdf", "name": "n", "source": {"bytes": PICTURE}}},
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
        {"prompt": "x", "max_gen_len": 5, "temperature": 0.5, "images": [PICTURE]},
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
    ("amazon.titan-embed-text-v1", {"inputText": "x"}),
    (
        "amazon.titan-embed-text-v2:0",
        {"inputText": "x", "dimensions": 256, "embeddingTypes": ["float"]},
    ),
    (
        "amazon.titan-embed-image-v1",
        {
            "inputText": "x",
            "inputImage": PICTURE,
            "embeddingConfig": {"outputEmbeddingLength": 256},
        },
    ),
    (
        "amazon.nova-2-multimodal-embeddings-v1:0",
        {
            "taskType": "SINGLE_EMBEDDING",
            "singleEmbeddingParams": {"embeddingPurpose": "GENERIC_INDEX", "text": {"value": "x"}},
        },
    ),
    (
        "amazon.nova-2-multimodal-embeddings-v1:0",
        {
            "taskType": "SINGLE_EMBEDDING",
            "singleEmbeddingParams": {
                "embeddingPurpose": "GENERIC_INDEX",
                "image": {"format": "png", "source": {"bytes": PICTURE}},
            },
        },
    ),
    (
        "amazon.nova-2-multimodal-embeddings-v1:0",
        {
            "taskType": "SINGLE_EMBEDDING",
            "singleEmbeddingParams": {
                "embeddingPurpose": "GENERIC_INDEX",
                "video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://a/b"}}},
            },
        },
    ),
    (
        "cohere.embed-english-v3",
        {"texts": ["x"], "input_type": "search_query", "embedding_types": ["int8"]},
    ),
    ("cohere.embed-english-v3", {"images": [URI], "input_type": "image"}),
    (
        "cohere.embed-v4:0",
        {
            "inputs": [
                {
                    "content": [
                        {"type": "text", "text": "x"},
                        {"type": "image_url", "image_url": {"url": URI}},
                    ]
                }
            ],
            "input_type": "search_query",
            "output_dimension": 256,
        },
    ),
    (
        "cohere.rerank-v3-5:0",
        {"query": "x", "documents": ["a", {"text": "b"}], "api_version": 2, "top_n": 1},
    ),
    (
        "amazon.titan-image-generator-v2:0",
        {
            "taskType": "TEXT_IMAGE",
            "textToImageParams": {"text": "x", "negativeText": "y"},
            "imageGenerationConfig": {"width": 512, "height": 512, "seed": 1},
        },
    ),
    (
        "amazon.titan-image-generator-v2:0",
        {"taskType": "INPAINTING", "inPaintingParams": {"image": PICTURE, "text": "x"}},
    ),
    (
        "amazon.nova-canvas-v1:0",
        {
            "taskType": "TEXT_IMAGE",
            "textToImageParams": {"text": "x"},
            "imageGenerationConfig": {"width": 512, "height": 512, "seed": 1, "numberOfImages": 2},
        },
    ),
    (
        "amazon.nova-canvas-v1:0",
        {
            "taskType": "VIRTUAL_TRY_ON",
            "virtualTryOnParams": {
                "sourceImage": PICTURE,
                "referenceImage": PICTURE,
                "returnMask": True,
            },
        },
    ),
    (
        "amazon.nova-canvas-v1:0",
        {"taskType": "BACKGROUND_REMOVAL", "backgroundRemovalParams": {"image": PICTURE}},
    ),
    (
        "amazon.nova-canvas-v1:0",
        {
            "taskType": "COLOR_GUIDED_GENERATION",
            "colorGuidedGenerationParams": {"text": "x", "colors": ["#fff"]},
        },
    ),
    (
        "stability.sd3-5-large-v1:0",
        {
            "prompt": "x",
            "aspect_ratio": "1:1",
            "mode": "image-to-image",
            "image": PICTURE,
            "strength": 0.5,
        },
    ),
    ("stability.stable-image-inpaint-v1:0", {"image": PICTURE, "prompt": "x", "seed": 1}),
    (
        "stability.stable-diffusion-xl-v1",
        {"text_prompts": [{"text": "x", "weight": 1}], "width": 512, "height": 512, "seed": 1},
    ),
    (
        "twelvelabs.pegasus-1-2-v1:0",
        {
            "inputPrompt": "x",
            "mediaSource": {"s3Location": {"uri": "s3://a/b", "bucketOwner": "1"}},
            "responseFormat": {"jsonSchema": {"type": "object"}},
        },
    ),
    ("twelvelabs.pegasus-1-2-v1:0", {"inputPrompt": "x", "mediaSource": {"base64String": PICTURE}}),
    ("twelvelabs.marengo-embed-2-7-v1:0", {"inputType": "text", "inputText": "x"}),
    (
        "twelvelabs.marengo-embed-2-7-v1:0",
        {"inputType": "image", "mediaSource": {"s3Location": {"uri": "s3://a/b"}}},
    ),
    (
        "twelvelabs.marengo-embed-3-0-v1:0",
        {
            "inputType": "text_image",
            "text_image": {"inputText": "x", "mediaSource": {"base64String": PICTURE}},
        },
    ),
    ("twelvelabs.marengo-embed-3-0-v1:0", {"inputType": "text", "text": {"inputText": "x"}}),
]
