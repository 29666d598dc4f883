"""The models of TwelveLabs: Pegasus describes videos, Marengo embeds texts and media."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlmock.services.bedrock_runtime.conversation.replies import Reply
from mlmock.services.bedrock_runtime.conversation.requests import Conversation, EmbeddingRequest
from mlmock.services.bedrock_runtime.conversation.traits import Traits
from mlmock.services.bedrock_runtime.errors import invalid, malformed_body_error
from mlmock.services.bedrock_runtime.families.base import Body, Event, Family
from mlmock.services.bedrock_runtime.families.marengo_schema import multi_input
from mlmock.services.bedrock_runtime.families.text_output import iter_text, reply_text
from mlmock.services.bedrock_runtime.media.encoding import decode_base64
from mlmock.services.bedrock_runtime.validation import schema as s

_S3_LOCATION = s.ObjectOf({"uri": s.String(1)}, {"bucketOwner": s.String()})
_SOURCE = s.OneOf(
    (s.ObjectOf({"s3Location": _S3_LOCATION}), s.ObjectOf({"base64String": s.String(1)})),
)
_PEGASUS = s.ObjectOf(
    {"inputPrompt": s.String(1), "mediaSource": s.ObjectOf(additional=True)},
    {
        "temperature": s.Number(0, 1),
        "maxOutputTokens": s.integer(1, 4096),
        "responseFormat": s.ObjectOf(additional=True),
    },
)
_PEGASUS_OPEN = s.ObjectOf(_PEGASUS.required, _PEGASUS.optional, additional=True)
_ANY_OBJECT = s.ObjectOf(additional=True)
_INPUT_TYPES = s.String(enum=("text", "image", "video", "audio", "text_image", "multi_input"))
_MARENGO = s.ObjectOf(
    {"inputType": _INPUT_TYPES},
    {
        "inputText": s.String(1),
        "mediaSource": _SOURCE,
        "textTruncate": s.String(enum=("end", "none")),
        "text": s.ObjectOf({"inputText": s.String(1)}, additional=True),
        "image": s.ObjectOf({"mediaSource": _SOURCE}, additional=True),
        "text_image": s.ObjectOf(
            {"inputText": s.String(1), "mediaSource": _SOURCE}, additional=True
        ),
        "multi_input": multi_input,
        "video": _ANY_OBJECT,
        "audio": _ANY_OBJECT,
    },
    additional=True,
)


class Pegasus(Family):
    """Pegasus, with a prompt about a video."""

    prefixes = ("twelvelabs.pegasus",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model; only InvokeModel and its stream support it."""
        return Traits(converse=False, tools=False, system=False, images=False, max_tokens=4096)

    def parse_request(self, body: Body, model_id: str) -> Conversation:
        """Return the prompt as a user turn; the content of the video is not read.

        Members that versions after 1.2 add are accepted, because they are not documented.
        """
        s.validate(_PEGASUS if "pegasus-1-2" in model_id else _PEGASUS_OPEN, body)
        _check_source(body["mediaSource"], "#/mediaSource")
        response_format: Mapping[str, Any] = body.get("responseFormat", {})
        schema = response_format.get("jsonSchema", response_format.get("json_schema"))
        return Conversation(
            model_id=model_id,
            messages=[{"role": "user", "content": [{"text": body["inputPrompt"]}]}],
            max_tokens=body.get("maxOutputTokens"),
            temperature=body.get("temperature"),
            schema=schema if isinstance(schema, dict) else None,
        )

    def format_reply(self, conversation: Conversation, reply: Reply) -> dict[str, Any]:
        """Return the message and its finish reason."""
        return {"message": reply_text(reply), "finishReason": _finish_reason(reply)}

    def chunks(
        self, conversation: Conversation, reply: Reply, events: Iterator[Event]
    ) -> Iterator[dict[str, Any]]:
        """Yield pieces of the message; only the last chunk has the finish reason.

        Assumption: the format of the chunks.
        """
        for text in iter_text(events):
            reason = _finish_reason(reply) if text is None else None
            yield {"message": text or "", "finishReason": reason}


class Marengo(Family):
    """Marengo: texts and images by InvokeModel, video and audio by StartAsyncInvoke."""

    prefixes = ("twelvelabs.marengo",)

    def traits(self, model_id: str) -> Traits:
        """Return the traits of the model."""
        return Traits(
            kind="embedding", converse=False, streaming=False, tools=False, async_invoke=True
        )

    def parse_request(self, body: Body, model_id: str) -> EmbeddingRequest:
        """Return the request to embed texts or images; version 3 nests them by input type."""
        s.validate(_MARENGO, body)
        kind = body["inputType"]
        if kind in ("video", "audio"):
            raise invalid("The provided request is not valid")
        is_version_3 = "marengo-embed-3" in model_id
        members: Any = body.get(kind) if is_version_3 else body
        if members is None:
            raise malformed_body_error(f"#: required key [{kind}] not found")
        return EmbeddingRequest(model_id, _inputs(kind, members), 512 if is_version_3 else 1024)

    def format_embeddings(
        self, request: EmbeddingRequest, vectors: Sequence[Sequence[float]], tokens: int
    ) -> dict[str, Any]:
        """Return one vector.

        Assumption: the vector of several inputs is the vector of the last one.
        """
        return {"data": [{"embedding": list(vectors[-1])}]}


def _finish_reason(reply: Reply) -> str:
    return "length" if reply.stop_reason == "max_tokens" else "stop"


def _check_source(source: Mapping[str, Any], path: str) -> None:
    sources = [name for name in ("s3Location", "base64String") if name in source]
    if not sources:
        raise malformed_body_error("#: required key [s3Location] not found")
    if sources == ["s3Location"]:
        s.validate(
            s.ObjectOf({"mediaSource": s.ObjectOf({"s3Location": _S3_LOCATION})}),
            {"mediaSource": source},
        )
    elif decode_base64(str(source["base64String"])) is None:
        raise malformed_body_error(f"{path}/base64String: invalid base64")


def _inputs(kind: str, members: Mapping[str, Any]) -> list[str | bytes]:
    if kind == "multi_input":
        return [members.get("inputText", ""), *map(_media_input, members["mediaSources"])]
    inputs: list[str | bytes] = []
    if kind.startswith("text"):
        if "inputText" not in members:
            raise malformed_body_error("#: required key [inputText] not found")
        inputs.append(members["inputText"])
    if kind.endswith("image"):
        if "mediaSource" not in members:
            raise malformed_body_error("#: required key [mediaSource] not found")
        inputs.append(_media_input(members["mediaSource"]))
    return inputs


def _media_input(source: Mapping[str, Any]) -> str | bytes:
    if "s3Location" in source:
        return str(source["s3Location"]["uri"])
    data = decode_base64(source["base64String"])
    if data is None:
        raise malformed_body_error("#/mediaSource/base64String: invalid base64")
    return data
