"""Bodies of the families for embeddings, ranking, images and video."""

from __future__ import annotations

import base64
from typing import Any

from mlmock.services.bedrock_runtime.media.images import generate_png

IMAGE = base64.b64encode(generate_png("a cat", 16, 16)).decode()
URI = f"data:image/png;base64,{IMAGE}"
MEDIA_BODIES: list[tuple[str, dict[str, Any]]] = [
    ("amazon.titan-embed-text-v1", {"inputText": "x"}),
    (
        "amazon.titan-embed-text-v2:0",
        {"inputText": "x", "dimensions": 256, "embeddingTypes": ["float"]},
    ),
    (
        "amazon.titan-embed-image-v1",
        {
            "inputText": "x",
            "inputImage": IMAGE,
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
                "image": {"format": "png", "source": {"bytes": IMAGE}},
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
        {"taskType": "INPAINTING", "inPaintingParams": {"image": IMAGE, "text": "x"}},
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
                "sourceImage": IMAGE,
                "referenceImage": IMAGE,
                "returnMask": True,
            },
        },
    ),
    (
        "amazon.nova-canvas-v1:0",
        {"taskType": "BACKGROUND_REMOVAL", "backgroundRemovalParams": {"image": IMAGE}},
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
            "image": IMAGE,
            "strength": 0.5,
        },
    ),
    ("stability.stable-image-inpaint-v1:0", {"image": IMAGE, "prompt": "x", "seed": 1}),
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
    ("twelvelabs.pegasus-1-2-v1:0", {"inputPrompt": "x", "mediaSource": {"base64String": IMAGE}}),
    ("twelvelabs.marengo-embed-2-7-v1:0", {"inputType": "text", "inputText": "x"}),
    (
        "twelvelabs.marengo-embed-2-7-v1:0",
        {"inputType": "image", "mediaSource": {"s3Location": {"uri": "s3://a/b"}}},
    ),
    (
        "twelvelabs.marengo-embed-3-0-v1:0",
        {
            "inputType": "text_image",
            "text_image": {"inputText": "x", "mediaSource": {"base64String": IMAGE}},
        },
    ),
    ("twelvelabs.marengo-embed-3-0-v1:0", {"inputType": "text", "text": {"inputText": "x"}}),
]
