"""Model inputs and outputs of the async invoke families."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from mlmock import MockML
from tests.services.bedrock_runtime.async_helpers import output_folder, start

REEL_1_0, REEL_1_1 = "amazon.nova-reel-v1:0", "amazon.nova-reel-v1:1"
RAY = "luma.ray-v2:0"
MARENGO_2 = "us.twelvelabs.marengo-embed-2-7-v1:0"
MARENGO_3 = "eu.twelvelabs.marengo-embed-3-0-v1:0"
NOVA = "amazon.nova-2-multimodal-embeddings-v1:0"
FUSED = "fused_embedding"
SOURCE = {"s3Location": {"uri": "s3://media/video.mp4", "bucketOwner": "123456789012"}}


def outputs(ml: MockML, client: Any, model_id: str, model_input: Any) -> dict[str, bytes]:
    """Run an invocation to its end and return its output files by name."""
    folder = output_folder(client, start(client, model_id, model_input))
    return {uri.removeprefix(f"{folder}/"): ml.s3.get(uri) for uri in ml.s3.list(folder)}


def violations(client: Any, model_id: str, model_input: Any) -> str:
    """Return the schema violations of an invalid input."""
    with pytest.raises(client.exceptions.ValidationException) as caught:
        start(client, model_id, model_input)
    message = str(caught.value.response["Error"]["Message"])
    affixes = "Malformed input request: ", ", please reformat your input and try again."
    return message.removeprefix(affixes[0]).removesuffix(affixes[1])


def norm(vector: list[float]) -> float:
    return math.sqrt(sum(number * number for number in vector))


def reel(kind: str, params: str, value: Any, **config: Any) -> dict[str, Any]:
    return {"taskType": kind, params: value} | ({"videoGenerationConfig": config} if config else {})


def embedding_entries(found: dict[str, bytes]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(found["output.json"])["data"]
    return rows


def segmented(kind: str, uri: str = "s3://media/source", **part: Any) -> dict[str, Any]:
    source = {"source": {"s3Location": {"uri": uri}}}
    size = part.pop("size", 256)
    params = {"embeddingPurpose": "GENERIC_INDEX", "embeddingDimension": size, kind: source | part}
    return {"taskType": "SEGMENTED_EMBEDDING", "segmentedEmbeddingParams": params}
