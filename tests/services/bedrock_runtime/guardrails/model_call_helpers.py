"""Model calls with a guardrail."""

from __future__ import annotations

import json
from typing import Any

CLAUDE = "anthropic.claude-3-haiku-20240307-v1:0"
TITAN = "amazon.titan-text-express-v1"
CONFIG = {"guardrailIdentifier": "gr1", "guardrailVersion": "1", "trace": "enabled"}


def guard(text: str, *qualifiers: str) -> dict[str, Any]:
    return {"guardContent": {"text": {"text": text, "qualifiers": list(qualifiers)}}}


def converse(client: Any, *content: Any, **options: Any) -> dict[str, Any]:
    """Call Converse with the guardrail (a str is a text block) and return the response."""
    blocks = [{"text": c} if isinstance(c, str) else c for c in content]
    answer: dict[str, Any] = client.converse(
        **{
            "modelId": CLAUDE,
            "messages": [{"role": "user", "content": blocks}],
            "guardrailConfig": CONFIG,
        }
        | options
    )
    return answer


def answer_texts(answer: dict[str, Any]) -> list[str]:
    return [block["text"] for block in answer["output"]["message"]["content"] if "text" in block]


def deltas(client: Any, text: str, **config: str) -> tuple[list[str], list[dict[str, Any]]]:
    """Return the text deltas of ConverseStream, and its other events."""
    events = list(
        client.converse_stream(
            modelId=CLAUDE,
            messages=[{"role": "user", "content": [{"text": text}]}],
            guardrailConfig=CONFIG | config,
        )["stream"]
    )
    found = [e["contentBlockDelta"]["delta"] for e in events if "contentBlockDelta" in e]
    texts = [delta["text"] for delta in found if "text" in delta]
    return texts, [event for event in events if "contentBlockDelta" not in event]


def invoke(client: Any, prompt: str, *, tags: Any = None, **options: Any) -> dict[str, Any]:
    """Invoke Claude with the guardrail and return the parsed body."""
    body: dict[str, Any] = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": prompt}],
    }
    if tags is not None:
        body["amazon-bedrock-guardrailConfig"] = {"tagSuffix": tags}
    given = {"guardrailIdentifier": "gr1", "guardrailVersion": "1", "trace": "ENABLED"} | options
    answer = client.invoke_model(modelId=CLAUDE, body=json.dumps(body), **given)
    found: dict[str, Any] = json.loads(answer["body"].read())
    return found
