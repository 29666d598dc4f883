"""The docs page of async invokes is current."""

from __future__ import annotations

from pathlib import Path

from mlmock.services.bedrock_runtime.async_invoke.jobs import ASYNC_INVOKE

PAGE = Path(__file__).parents[4] / "docs/reference/services/bedrock-async-invokes.md"


def test_state_diagram_of_an_async_invoke_is_in_the_docs() -> None:
    assert f"```mermaid\n{ASYNC_INVOKE.mermaid()}\n```" in PAGE.read_text(encoding="utf-8")
