"""The interface of a family of asynchronous models, and the models of each family.

To add a family, add a module that defines `FAMILY`, and an entry of `_FAMILIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import lru_cache
from importlib import import_module
from typing import Any, Protocol

from mlmock.services.bedrock_runtime.validation.schema import Schema, validate
from mlmock.simulation.object_store import json_bytes

_JSON = "application/json"
# The models that support StartAsyncInvoke.
# Source: Amazon Bedrock and Amazon Nova user guides, pages of these models.
_FAMILIES = {
    "amazon.nova-reel-v1:*": "nova_reel",
    "luma.ray-v2:*": "luma_ray",
    "twelvelabs.marengo-embed-2-7-v1:*": "marengo",
    "twelvelabs.marengo-embed-3-0-v1:*": "marengo",
    "amazon.nova-2-multimodal-embeddings-v1:*": "nova_embeddings",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file of an output folder, with its name in the folder."""

    name: str
    body: bytes
    content_type: str = _JSON


@dataclass(frozen=True, slots=True)
class Invocation:
    """The data of an invocation from which a family generates its output files.

    Attributes:
        arn: The invocationArn.
        model_id: The id of the foundation model.
        folder: The S3 URI of the output folder, without a slash at the end.
        model_input: The ``modelInput`` of the request.
        body: The main output that a test sets, or None for the default output.
        read: A function that returns the content of an S3 URI, or None if there is no object.
    """

    arn: str
    model_id: str
    folder: str
    model_input: Mapping[str, Any]
    body: bytes | None = None
    read: Callable[[str], bytes | None] = field(default=lambda uri: None)


class Family(Protocol):
    """The models that share the format of requests and outputs."""

    def request_schema(self, model_id: str, model_input: Any) -> Schema:
        """Return the schema with which `model_input` is validated."""

    def outputs(self, invocation: Invocation) -> list[File]:
        """Return the output files of an invocation that completes."""

    def failed_outputs(self, invocation: Invocation, message: str) -> list[File]:
        """Return the output files of an invocation that fails with `message`."""


@lru_cache(maxsize=256)
def family_of(model_id: str) -> Family | None:
    """Return the family of a foundation model id, or None if it does not support async invokes."""
    for pattern, module in _FAMILIES.items():
        if fnmatchcase(model_id, pattern):
            family: Family = import_module(f"{__package__}.{module}").FAMILY
            return family
    return None


def validate_input(family: Family, model_id: str, model_input: Any) -> None:
    """Validate ``modelInput`` by the schema of a family.

    Args:
        family: The family.
        model_id: The id of the foundation model.
        model_input: The ``modelInput`` of the request.

    Raises:
        ServiceError: ValidationException with the violations, in the format of InvokeModel.
    """
    validate(family.request_schema(model_id, model_input), model_input)


def json_file(name: str, value: Any) -> File:
    """Return a JSON file."""
    return File(name, json_bytes(value))


def json_lines_file(name: str, values: list[Any]) -> File:
    """Return a file of JSON lines."""
    return File(name, b"".join(json_bytes(value) + b"\n" for value in values), "application/jsonl")


def manifest(invocation: Invocation) -> File:
    """Return the manifest, which is written at the start. Assumption: its members."""
    members = {
        "schemaVersion": "1.0",
        "invocationArn": invocation.arn,
        "modelId": invocation.model_id,
    }
    return json_file("manifest.json", members)
