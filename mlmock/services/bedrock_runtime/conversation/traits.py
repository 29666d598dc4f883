"""Traits of a model: the features and limits of its API."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Traits:
    """The features and limits of a model.

    The defaults are those of a text model with all common features.

    Attributes:
        kind: text, embedding, image, video, rerank or speech. Only text models support Converse.
        leading_assistant: Whether the first turn may be an assistant turn.
        prefill: Whether the last turn may be an assistant turn.
        mixes_results: Whether a turn may contain tool results and other blocks.
        max_tokens: The maximum number of output tokens that a request may ask for.
        keeps_stop_text: Whether a text that a stop sequence ends includes the sequence. The stop
            reason is then end_turn.
        counts_tokens: Whether CountTokens supports the model.
        caches: Whether requests may contain cache points.
        async_invoke: Whether StartAsyncInvoke supports the model.
        typed_tool_use: Whether tool uses have a type.
        splits_tool_input: Whether the input of a tool use is streamed in fragments.
        alternating: Whether consecutive turns of one role are an error. They are joined otherwise.
        accepts_blank_text: Whether a text may consist of white space.
        cache_minimum: The minimum number of tokens that the prompt cache stores.
        sparse_usage: Whether the usage leaves out cache counts that are zero.
        s3_media: Whether media may be locations in S3.
        result_status: Whether tool results may have a status.
        relays_errors: Whether errors about the end of a conversation and about media in S3 have the
            texts of the provider.
    """

    kind: str = "text"
    converse: bool = True
    streaming: bool = True
    tools: bool = True
    streaming_tools: bool = True
    tool_choices: frozenset[str] = frozenset({"auto", "any", "tool"})
    system: bool = True
    images: bool = True
    documents: bool = True
    videos: bool = False
    leading_assistant: bool = False
    prefill: bool = False
    mixes_results: bool = True
    max_tokens: int | None = None
    keeps_stop_text: bool = False
    counts_tokens: bool = False
    caches: bool = False
    async_invoke: bool = False
    typed_tool_use: bool = False
    splits_tool_input: bool = False
    alternating: bool = False
    accepts_blank_text: bool = False
    audios: bool = False
    cache_minimum: int = 1024
    sparse_usage: bool = False
    s3_media: bool = False
    result_status: bool = True
    relays_errors: bool = False
