"""Setup of every scenario: no network, no sleeping, no AWS configuration of the machine.

Scenarios import this module first, before botocore, boto3 and mlmock.
"""

from __future__ import annotations

import os
import socket
import time
import warnings
from typing import Any

NAME = "sagemaker-a2i-runtime"
ACCOUNT = "123456789012"
KEYS: Any = {"aws_access_key_id": "AKIAREALREALREALREAL", "aws_secret_access_key": "real-secret"}

# Older releases of botocore and moto call a method that Python 3.12 deprecated.
warnings.filterwarnings("ignore", "datetime.datetime.utc", DeprecationWarning, "(botocore|moto)")

_connect, _lookup = socket.socket.connect, socket.getaddrinfo
real_sleep = time.sleep


def _refuse_connect(self: socket.socket, address: Any) -> Any:
    if isinstance(address, tuple) and address[0] == "127.0.0.1":
        return _connect(self, address)
    raise AssertionError(f"a socket was opened to {address!r}")


def _refuse_lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
    if host == "127.0.0.1":
        return _lookup(host, *args, **kwargs)
    raise AssertionError(f"a name was looked up: {host!r}")


def _refuse_sleep(seconds: float) -> None:
    raise AssertionError(f"time.sleep({seconds}) was called")


def isolate() -> None:
    """Forbid sockets, name lookups and sleeping, and clear the AWS environment."""
    kind: Any = socket.socket
    kind.connect = kind.connect_ex = _refuse_connect
    for module, name, refuse in (
        (socket, "getaddrinfo", _refuse_lookup),
        (time, "sleep", _refuse_sleep),
    ):
        setattr(module, name, refuse)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull


isolate()


def flow(region: str = "us-east-1", account_id: str = ACCOUNT, name: str = "review") -> str:
    """Return the ARN of a flow definition."""
    partition = "aws-cn" if region.startswith("cn-") else "aws"
    return f"arn:{partition}:sagemaker:{region}:{account_id}:flow-definition/{name}"


def start(client: Any, name: str = "invoice-1", arn: str | None = None) -> str:
    """Start a human loop and return its ARN."""
    answer = client.start_human_loop(
        HumanLoopName=name,
        FlowDefinitionArn=arn or flow(client.meta.region_name),
        HumanLoopInput={"InputContent": "{}"},
    )
    return str(answer["HumanLoopArn"])


def names(client: Any, arn: str | None = None) -> list[str]:
    """Return the names of the human loops that a client can list, oldest first."""
    arn = arn or flow(client.meta.region_name)
    found = client.list_human_loops(FlowDefinitionArn=arn, SortOrder="Ascending")
    return [loop["HumanLoopName"] for loop in found["HumanLoopSummaries"]]


def raises(kind: Any, act: Any, *args: Any, **kwargs: Any) -> Any:
    """Return the exception of `kind` that `act` raises, or raise AssertionError."""
    try:
        found = act(*args, **kwargs)
    except kind as error:
        return error
    raise AssertionError(f"nothing was raised, but returned: {found!r}")
