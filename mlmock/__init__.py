"""AWS's machine-learning services, in memory: boto3 code meets a service that behaves.

Everything public is here, and loaded when it is first used: importing this package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOMES = {
    "ANY": "matching",
    "AuthorError": "errors",
    "BadAnswer": "errors",
    "Call": "calls",
    "Event": "events",
    "MockML": "handle",
    "NotMocked": "errors",
    "Policy": "progress",
    "ServerThread": "server.serving",
    "UnmatchedCall": "errors",
    "UnusedRule": "errors",
    "UnusedRuleWarning": "errors",
    "after": "progress",
    "after_polls": "progress",
    "client": "server.client",
    "contains": "matching",
    "current": "mock",
    "error": "answers",
    "glob": "matching",
    "immediately": "progress",
    "manually": "progress",
    "mock_ml": "mock",
    "output": "answers",
    "regex": "matching",
    "json_output": "services.bedrock_runtime.script",
    "message": "services.bedrock_runtime.script",
    "raw": "services.bedrock_runtime.script",
    "reasoning": "services.bedrock_runtime.script",
    "stream": "services.bedrock_runtime.script",
    "tool_use": "services.bedrock_runtime.script",
}

__all__ = [  # noqa: RUF022 - in the order of the contract
    "mock_ml",
    "current",
    "ANY",
    "contains",
    "regex",
    "glob",
    "error",
    "output",
    "message",
    "tool_use",
    "stream",
    "reasoning",
    "json_output",
    "raw",
    "immediately",
    "after_polls",
    "after",
    "manually",
    "AuthorError",
    "BadAnswer",
    "NotMocked",
    "UnmatchedCall",
    "UnusedRule",
    "UnusedRuleWarning",
    "Call",
    "Event",
    "MockML",
    "Policy",
    "ServerThread",
    "client",
    "__version__",
]

if TYPE_CHECKING:
    from mlmock.answers import error as error
    from mlmock.answers import output as output
    from mlmock.calls import Call as Call
    from mlmock.errors import AuthorError as AuthorError
    from mlmock.errors import BadAnswer as BadAnswer
    from mlmock.errors import NotMocked as NotMocked
    from mlmock.errors import UnmatchedCall as UnmatchedCall
    from mlmock.errors import UnusedRule as UnusedRule
    from mlmock.errors import UnusedRuleWarning as UnusedRuleWarning
    from mlmock.events import Event as Event
    from mlmock.handle import MockML as MockML
    from mlmock.matching import ANY as ANY
    from mlmock.matching import contains as contains
    from mlmock.matching import glob as glob
    from mlmock.matching import regex as regex
    from mlmock.mock import current as current
    from mlmock.mock import mock_ml as mock_ml
    from mlmock.progress import Policy as Policy
    from mlmock.progress import after as after
    from mlmock.progress import after_polls as after_polls
    from mlmock.progress import immediately as immediately
    from mlmock.progress import manually as manually
    from mlmock.server.client import client as client
    from mlmock.server.serving import ServerThread as ServerThread
    from mlmock.services.bedrock_runtime.script import json_output as json_output
    from mlmock.services.bedrock_runtime.script import message as message
    from mlmock.services.bedrock_runtime.script import raw as raw
    from mlmock.services.bedrock_runtime.script import reasoning as reasoning
    from mlmock.services.bedrock_runtime.script import stream as stream
    from mlmock.services.bedrock_runtime.script import tool_use as tool_use


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'mlmock' has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(f"mlmock.{home}"), name)
    return found


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
