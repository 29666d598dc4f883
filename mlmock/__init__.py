"""An in-process mock of AWS's machine-learning services for users of boto3.

All public names are attributes of this package. They are imported on first use, so that importing
the package is fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlmock._version import __version__

_MODULES = {
    "ANY": "rules.matchers",
    "MlmockError": "errors",
    "InvalidRule": "errors",
    "Call": "call",
    "EndpointHandle": "services.sagemaker_runtime.endpoint_handle",
    "Event": "simulation.events",
    "Journal": "reporting.journal",
    "MockML": "mock.handle",
    "ModelHandle": "services.bedrock_runtime.handle",
    "NotMocked": "errors",
    "Policy": "simulation.progress",
    "Rule": "rules.rule",
    "ServerLimits": "server.limits",
    "ServerThread": "server.server_thread",
    "ServiceHandle": "services.common.handle",
    "UnmatchedCall": "errors",
    "UnusedRule": "errors",
    "UnusedRuleWarning": "errors",
    "after": "simulation.progress",
    "after_polls": "simulation.progress",
    "connect": "server.remote_client",
    "contains": "rules.matchers",
    "current": "mock.mock",
    "error": "rules.answers",
    "glob": "rules.matchers",
    "immediately": "simulation.progress",
    "manually": "simulation.progress",
    "mock_ml": "mock.mock",
    "output": "rules.answers",
    "regex": "rules.matchers",
    "json_output": "services.bedrock_runtime.scripting.answers",
    "message": "services.bedrock_runtime.scripting.answers",
    "raw": "services.bedrock_runtime.scripting.answers",
    "reasoning": "services.bedrock_runtime.scripting.answers",
    "stream": "services.bedrock_runtime.scripting.answers",
    "tool_use": "services.bedrock_runtime.scripting.answers",
}

__all__ = [  # noqa: RUF022 - in the order of docs/reference/contract.md
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
    "MlmockError",
    "InvalidRule",
    "NotMocked",
    "UnmatchedCall",
    "UnusedRule",
    "UnusedRuleWarning",
    "Call",
    "Event",
    "MockML",
    "Rule",
    "Journal",
    "ServiceHandle",
    "ModelHandle",
    "EndpointHandle",
    "Policy",
    "ServerThread",
    "ServerLimits",
    "connect",
    "__version__",
]

if TYPE_CHECKING:
    from mlmock.call import Call as Call
    from mlmock.errors import InvalidRule as InvalidRule
    from mlmock.errors import MlmockError as MlmockError
    from mlmock.errors import NotMocked as NotMocked
    from mlmock.errors import UnmatchedCall as UnmatchedCall
    from mlmock.errors import UnusedRule as UnusedRule
    from mlmock.errors import UnusedRuleWarning as UnusedRuleWarning
    from mlmock.mock.handle import MockML as MockML
    from mlmock.mock.mock import current as current
    from mlmock.mock.mock import mock_ml as mock_ml
    from mlmock.reporting.journal import Journal as Journal
    from mlmock.rules.answers import error as error
    from mlmock.rules.answers import output as output
    from mlmock.rules.matchers import ANY as ANY
    from mlmock.rules.matchers import contains as contains
    from mlmock.rules.matchers import glob as glob
    from mlmock.rules.matchers import regex as regex
    from mlmock.rules.rule import Rule as Rule
    from mlmock.server.limits import ServerLimits as ServerLimits
    from mlmock.server.remote_client import connect as connect
    from mlmock.server.server_thread import ServerThread as ServerThread
    from mlmock.services.bedrock_runtime.handle import ModelHandle as ModelHandle
    from mlmock.services.bedrock_runtime.scripting.answers import json_output as json_output
    from mlmock.services.bedrock_runtime.scripting.answers import message as message
    from mlmock.services.bedrock_runtime.scripting.answers import raw as raw
    from mlmock.services.bedrock_runtime.scripting.answers import reasoning as reasoning
    from mlmock.services.bedrock_runtime.scripting.answers import stream as stream
    from mlmock.services.bedrock_runtime.scripting.answers import tool_use as tool_use
    from mlmock.services.common.handle import ServiceHandle as ServiceHandle
    from mlmock.services.sagemaker_runtime.endpoint_handle import EndpointHandle as EndpointHandle
    from mlmock.simulation.events import Event as Event
    from mlmock.simulation.progress import Policy as Policy
    from mlmock.simulation.progress import after as after
    from mlmock.simulation.progress import after_polls as after_polls
    from mlmock.simulation.progress import immediately as immediately
    from mlmock.simulation.progress import manually as manually


def __getattr__(name: str) -> Any:
    """Import a public name from its module."""
    module = _MODULES.get(name)
    if module is None:
        raise AttributeError(f"module 'mlmock' has no attribute {name!r}")
    from importlib import import_module

    value = globals()[name] = getattr(import_module(f"mlmock.{module}"), name)
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
