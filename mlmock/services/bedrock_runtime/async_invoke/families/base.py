"""What a family of asynchronous models is, and which models belong to which.

Adding a family is adding one file with a `FAMILY` in it, and one line to `_FAMILIES`.
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
# Which models take StartAsyncInvoke: the user guide's pages on these models.
_FAMILIES = {
    "amazon.nova-reel-v1:*": "nova_reel",
    "luma.ray-v2:*": "luma_ray",
    "twelvelabs.marengo-embed-2-7-v1:*": "marengo",
    "twelvelabs.marengo-embed-3-0-v1:*": "marengo",
    "amazon.nova-2-multimodal-embeddings-v1:*": "nova_embeddings",
}


"""Where a source lies: an object, and whose bucket it is in (the forms are judged)."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of an output folder: its name there, its bytes, its content type."""

    name: str
    body: bytes
    content_type: str = _JSON


@dataclass(frozen=True, slots=True)
class Work:
    """What a family needs to know of one invocation.

    `folder` is the S3 URI of its outputs, without a slash at the end; `read` returns the bytes at
    an S3 URI, or None where nothing is; `body` is what a test author wants as the main output.
    """

    arn: str
    model_id: str
    folder: str
    model_input: Mapping[str, Any]
    body: bytes | None = None
    read: Callable[[str], bytes | None] = field(default=lambda uri: None)


class Family(Protocol):
    """The models that share requests and outputs."""

    def schema_of(self, model_id: str, model_input: Any) -> Schema:
        """Return what `model_input` is held against."""

    def outputs(self, work: Work) -> list[File]:
        """Return the files of an invocation that completes."""

    def failed_outputs(self, work: Work, message: str) -> list[File]:
        """Return the files of an invocation that fails."""


@lru_cache(maxsize=256)
def family_of(model_id: str) -> Family | None:
    """Return the family of a foundation model's id, or None for a model without async support."""
    for pattern, module in _FAMILIES.items():
        if fnmatchcase(model_id, pattern):
            family: Family = import_module(f"{__package__}.{module}").FAMILY
            return family
    return None


def check_input(family: Family, model_id: str, model_input: Any) -> None:
    """Raise ValidationException, in the words of InvokeModel's schema, for a bad `model_input`."""
    validate(family.schema_of(model_id, model_input), model_input)


def json_file(name: str, value: Any) -> File:
    """Return a file of JSON."""
    return File(name, json_bytes(value))


def lines_file(name: str, values: list[Any]) -> File:
    """Return a file of JSON lines."""
    return File(name, b"".join(json_bytes(value) + b"\n" for value in values), "application/jsonl")


def manifest(work: Work) -> File:
    """Return the manifest, which is there from the start (its members are judged)."""
    shown = {"schemaVersion": "1.0", "invocationArn": work.arn, "modelId": work.model_id}
    return json_file("manifest.json", shown)
