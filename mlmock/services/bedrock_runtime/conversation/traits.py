"""Traits of a model: what it can do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Traits:
    """What a model can do. The defaults are those of a chat model that can do everything.

    `kind`: text, embedding, image, video, rerank or speech; only text models take Converse.
    `leading_assistant`: the first turn may be the assistant's; `prefill`: the last one too.
    `max_tokens`: the most that may be asked for. `keeps_stop_text`: text stopped by a sequence
    still ends with it, and the reason stays end_turn. `mixes_results`: tool results may stand
    beside other blocks. `async_invoke`: StartAsyncInvoke takes it. `typed_tool_use`: tool uses say
    their type; `splits_tool_input`: they are streamed in fragments. `alternating`: turns of one
    role in a row are refused, not joined. `takes_whitespace`: a text may be white space alone.
    `caches`: it takes cache points, `cache_minimum` the fewest tokens that it keeps;
    `sparse_usage`: a usage is silent on what the cache didn't do. `s3_media`: media may lie in S3.
    `result_status`: tool results may say how it went. `relays`: what the provider refuses of a
    conversation's end and of media in S3 comes in its own words.
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
