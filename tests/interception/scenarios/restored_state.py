"""After the last mock everything is restored: classes, modules, environment, handlers."""

from tests.interception.isolated_process import NAME, raises, start

# isort: split
import os
import sys
from typing import Any

import boto3
import botocore
import botocore.auth
import botocore.endpoint
import botocore.handlers
import botocore.session
import moto  # noqa: F401 - imported so that its class is patched as well
from moto.core.botocore_stubber import BotocoreStubber

from mlmock import mock_ml
from mlmock.interception.installer import Patcher

os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
with mock_ml():  # lazy imports happen before the comparison
    start(boto3.client(NAME))


def module_contents() -> dict[str, dict[str, Any]]:
    """Return the attributes of every module and class of botocore, boto3 and moto.core."""
    found = {}
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in {"botocore", "boto3"} or name.startswith("moto.core"):
            found[name] = dict(vars(module))
            for part, value in vars(module).items():
                if isinstance(value, type):
                    found[f"{name}.{part}"] = dict(vars(value))
    return found


def other_state() -> tuple[Any, ...]:
    """Return other state that a mock changes."""
    return (
        dict(os.environ),
        list(vars(botocore)["_INITIALIZERS"]),
        list(botocore.handlers.BUILTIN_HANDLERS),
        boto3.DEFAULT_SESSION,
        dict(botocore.auth.AUTH_TYPE_MAPS),
    )


client = boto3.client(NAME, region_name="us-east-1")
instance = dict(vars(client._endpoint))
before, other_before = module_contents(), other_state()


def check() -> None:
    """Compare everything with the state before."""
    assert other_state() == other_before
    after = module_contents()
    assert after.keys() == before.keys()
    for name, expected in before.items():
        assert after[name].keys() == expected.keys(), name
        changed = [key for key, value in expected.items() if after[name][key] is not value]
        assert not changed, (name, changed)
    assert dict(vars(client._endpoint)) == instance


patched: list[Any] = []
restore = Patcher.restore


def record_patches(self: Patcher) -> None:
    """Record the applied patches."""
    patched[:] = self._applied
    restore(self)


Patcher.restore = record_patches  # type: ignore[method-assign]
with mock_ml():
    start(client)
    start(boto3.client(NAME), "other")
check()
assert len(patched) >= 12
assert any(patch.owner is BotocoreStubber for patch in patched)
for patch in patched:
    assert vars(patch.owner).get(patch.name) is not patch.replacement, patch.name

mock = mock_ml(cache=False, sign=False)
mock.start()
start(client)
mock.stop()
check()


def fail() -> None:
    """Leave a mock with an exception."""
    with mock_ml(), mock_ml(region="eu-west-1"):
        start(client)
        raise LookupError


raises(LookupError, fail)
check()

# the existing client is restored: it would send a real request
error = raises(Exception, start, client)
assert type(error).__name__ == "NoCredentialsError", error
