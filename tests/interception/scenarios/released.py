"""After the last block everything is as it was: classes, modules, environment, handlers."""

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
import moto  # noqa: F401 - so that its class is patched as well
from moto.core.botocore_stubber import BotocoreStubber

from mlmock import mock_ml
from mlmock.interception.installer import Interception

os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
with mock_ml():  # what is imported on first use is imported now
    start(boto3.client(NAME))


def packages() -> dict[str, dict[str, Any]]:
    """Return what every module of botocore, boto3 and moto.core, and every class in it, holds."""
    found = {}
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in {"botocore", "boto3"} or name.startswith("moto.core"):
            found[name] = dict(vars(module))
            for part, thing in vars(module).items():
                if isinstance(thing, type):
                    found[f"{name}.{part}"] = dict(vars(thing))
    return found


def others() -> tuple[Any, ...]:
    """Return the other places in which something could be left behind."""
    return (
        dict(os.environ),
        list(vars(botocore)["_INITIALIZERS"]),
        list(botocore.handlers.BUILTIN_HANDLERS),
        boto3.DEFAULT_SESSION,
        dict(botocore.auth.AUTH_TYPE_MAPS),
    )


client = boto3.client(NAME, region_name="us-east-1")
instance = dict(vars(client._endpoint))
before, around = packages(), others()


def check() -> None:
    """Compare everything with what there was."""
    assert others() == around
    after = packages()
    assert after.keys() == before.keys()
    for name, there in before.items():
        assert after[name].keys() == there.keys(), name
        changed = [key for key, thing in there.items() if after[name][key] is not thing]
        assert not changed, (name, changed)
    assert dict(vars(client._endpoint)) == instance


patched: list[Any] = []
undo = Interception.undo


def noting(self: Interception) -> None:
    """Note what was patched."""
    patched[:] = self._applied
    undo(self)


Interception.undo = noting  # type: ignore[method-assign]
with mock_ml():
    start(client)
    start(boto3.client(NAME), "other")
check()
assert len(patched) >= 12
assert any(patch.owner is BotocoreStubber for patch in patched)
for patch in patched:
    assert vars(patch.owner).get(patch.name) is not patch.replacement, patch.name

mock = mock_ml(memos=False, sign=False)
mock.start()
start(client)
mock.stop()
check()


def fail() -> None:
    """Leave a block by an exception."""
    with mock_ml(), mock_ml(region="eu-west-1"):
        start(client)
        raise LookupError


raises(LookupError, fail)
check()

# the client of before is released: it would go out
fault = raises(Exception, start, client)
assert type(fault).__name__ == "NoCredentialsError", fault
