"""What every situation starts with: no network, no sleeping, nothing of the machine's AWS set-up.

Imported first by each of them, before botocore, boto3 or mlmock.
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

# What older releases of botocore and moto call, and Python 3.12 has deprecated.
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
    raise AssertionError(f"somebody slept for {seconds} seconds")


def shut_the_doors() -> None:
    """Refuse sockets, name look-ups and sleeping, and empty the AWS environment."""
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


shut_the_doors()


def flow(region: str = "us-east-1", account_id: str = ACCOUNT, name: str = "review") -> str:
    """Return the ARN of a flow definition."""
    partition = "aws-cn" if region.startswith("cn-") else "aws"
    return f"arn:{partition}:sagemaker:{region}:{account_id}:flow-definition/{name}"


def start(client: Any, name: str = "invoice-1", arn: str | None = None) -> str:
    """Start a human loop, and return its ARN."""
    answer = client.start_human_loop(
        HumanLoopName=name,
        FlowDefinitionArn=arn or flow(client.meta.region_name),
        HumanLoopInput={"InputContent": "{}"},
    )
    return str(answer["HumanLoopArn"])


def names(client: Any, arn: str | None = None) -> list[str]:
    """Return the names of the human loops that a client sees, oldest first."""
    arn = arn or flow(client.meta.region_name)
    found = client.list_human_loops(FlowDefinitionArn=arn, SortOrder="Ascending")
    return [loop["HumanLoopName"] for loop in found["HumanLoopSummaries"]]


def raises(kind: Any, act: Any, *args: Any, **kwargs: Any) -> Any:
    """Return the exception of `kind` that `act` raises; AssertionError if it raises none."""
    try:
        found = act(*args, **kwargs)
    except kind as fault:
        return fault
    raise AssertionError(f"nothing was raised, but returned: {found!r}")
