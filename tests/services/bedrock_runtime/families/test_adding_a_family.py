"""A new family needs only one new module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mlmock import MockML, mock_ml
from mlmock.services.bedrock_runtime import families
from mlmock.services.bedrock_runtime.models import identifiers
from tests.services.bedrock_runtime.invoke_helpers import invoke, stream_chunks

FILE = '''
from mlmock.services.bedrock_runtime.families.chat_completions import ChatFamily


class Acme(ChatFamily):
    """Models of a provider in the chat completion format."""

    prefixes = ("acme.",)
'''


@pytest.fixture
def _acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "acme.py").write_text(FILE)
    monkeypatch.setattr(families, "__path__", [*families.__path__, str(tmp_path)])
    _forget()
    yield
    _forget()


def _forget() -> None:
    families._families.cache_clear()
    identifiers.parse_model_id.cache_clear()


@pytest.mark.usefixtures("_acme")
@mock_ml
def test_a_new_module_is_a_family(ml: MockML) -> None:
    ml.bedrock.model("acme.*").on(last_user="Hi").reply("Hello")
    turns = [{"role": "user", "content": "Hi"}]
    found = invoke("us.acme.coyote-v1:0", messages=turns)
    assert found["choices"][0]["message"]["content"] == "Hello"
    assert stream_chunks("acme.coyote-v1:0", messages=turns)[1]["choices"][0]["delta"]
