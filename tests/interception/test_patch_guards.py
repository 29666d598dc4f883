"""What our patches stand on in botocore: the sources that were read, and what is patched at all.

When one of these fails with a new botocore, read what has changed there, then add its hash.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import boto3
import botocore.session
import botocore.waiter
import pytest
from botocore.endpoint import Endpoint
from botocore.retries.bucket import TokenBucket
from botocore.session import Session
from botocore.signers import RequestSigner
from moto.core.botocore_stubber import BotocoreStubber

from mlmock import mock_ml
from mlmock.aws import hosts
from mlmock.interception.botocore import caches as memos
from mlmock.interception.botocore import deferred_patches as cuts
from mlmock.interception.patching import Gate, Patch
from mlmock.interception.source_hash import class_hash, source_hash

READ = {  # botocore 1.36.0 to 1.44.5
    (Endpoint, "create_request"): {"3896032f73c0943e"},
    (Endpoint, "_send"): {"b3217a41d9801162"},
    (Endpoint, "__init__"): {"d545bc03edab46cf"},
    (TokenBucket, "_acquire"): {"2c4f20e18a60858f"},
    (Session, "get_config_variable"): {"ecefd57c07eb1195"},
    (Session, "get_credentials"): {"fee59180ab457fd3"},
    (RequestSigner, "get_auth_instance"): {"8d9faf05a3f56db2", "591493eb7ba98555"},
}


@pytest.mark.parametrize(("owner", "name"), READ, ids=lambda part: getattr(part, "__name__", part))
def test_what_is_patched_is_what_was_read(owner: type, name: str) -> None:
    assert source_hash(vars(owner)[name]) in READ[owner, name]


def test_motos_stubber_takes_the_event_and_the_request() -> None:
    code = BotocoreStubber.__call__.__code__
    assert code.co_varnames[:3] == ("self", "event_name", "request")


def test_all_memos_fit_the_installed_botocore() -> None:
    patches = {patch.name: patch.apply() for patch in cuts.memos()}
    made = (memos.sanitise, memos.timestamps, memos.validation)
    try:
        assert all(make(patch) for make, patch in zip(made, patches.values(), strict=True))
    finally:
        for patch in patches.values():
            patch.undo()


def test_memos_are_left_out_on_request() -> None:
    import botocore.parsers

    plain = botocore.parsers.DEFAULT_TIMESTAMP_PARSER
    with mock_ml(memos=False):
        boto3.client("sagemaker-a2i-runtime")
        assert botocore.parsers.DEFAULT_TIMESTAMP_PARSER is plain
    with mock_ml():
        boto3.client("sagemaker-a2i-runtime")
        assert botocore.parsers.DEFAULT_TIMESTAMP_PARSER is not plain
    assert botocore.parsers.DEFAULT_TIMESTAMP_PARSER is plain


# -- patches ----------------------------------------------------------------------------------


class Thing:
    """Something of somebody else's."""

    def act(self) -> str:
        """Act."""
        return "plain"


def wrapped(patch: Patch) -> Any:
    """Return a replacement that calls what was there."""
    return lambda self: f"ours({patch.original(self)})"


def test_a_patch_is_put_in_place_and_taken_out_exactly() -> None:
    before = dict(vars(Thing))
    patch = Patch(Thing, "act", wrapped)
    assert patch.apply() is patch
    assert Thing().act() == "ours(plain)"
    patch.undo()
    assert dict(vars(Thing)) == before


def test_what_was_not_there_is_gone_again() -> None:
    patch = Patch(Thing, "other", lambda patch: 3)
    patch.apply()
    assert vars(Thing)["other"] == 3
    patch.undo()
    assert not hasattr(Thing, "other")


def test_a_covered_patch_stays_below_and_is_never_called_in_a_circle() -> None:
    before = dict(vars(Thing))
    patch = Patch(Thing, "act", wrapped)
    patch.apply()
    thing: Any = Thing
    below = thing.act
    thing.act = lambda self: f"theirs({below(self)})"
    patch.undo()
    assert Thing().act() == "theirs(ours(plain))"
    again = patch.apply()
    assert again is not patch
    assert Thing().act() == "ours(theirs(ours(plain)))"
    again.undo()
    thing.act = below  # they go
    assert patch.apply() is patch
    assert Thing().act() == "ours(plain)"
    patch.undo()
    assert dict(vars(Thing)) == before


# -- gates ------------------------------------------------------------------------------------


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A gate before `Thing.act`, which is as it was afterwards."""
    before = dict(vars(Thing))
    yield Gate(Thing, "act", wrapped)
    assert dict(vars(Thing)) == before


def test_a_gate_does_what_lies_behind_it_whether_a_block_runs_or_not(gate: Gate) -> None:
    gate.apply()
    assert Thing().act() == "ours(plain)"
    with mock_ml():
        assert Thing().act() == "ours(plain)"
    gate.undo()


def test_a_gate_that_is_open_is_closed_again_in_the_next_block(gate: Gate) -> None:
    closed = gate.replacement
    gate.apply()
    gate.open()
    assert vars(Thing)["act"] is gate.behind is not closed
    gate.undo()
    gate.apply()
    assert vars(Thing)["act"] is closed
    gate.undo()


def test_an_open_gate_that_was_covered_is_closed_where_it_comes_to_light(gate: Gate) -> None:
    closed = gate.replacement
    gate.apply()
    gate.open()
    thing: Any = Thing
    below = thing.act
    thing.act = lambda self: f"theirs({below(self)})"
    gate.undo()
    over = gate.apply()
    assert type(over) is Gate
    assert over is not gate
    over.undo()
    thing.act = below
    assert gate.apply() is gate
    assert vars(Thing)["act"] is closed
    gate.undo()


NAME = "sagemaker-a2i-runtime"
ARN = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"
SESSION = botocore.session.Session()
CLIENT: Any = boto3.Session(region_name="us-east-1").client(NAME)
WAYS_IN: dict[str, Callable[[], Any]] = {
    "a call": lambda: CLIENT.list_human_loops(FlowDefinitionArn=ARN),
    "a URL": lambda: CLIENT.generate_presigned_url("describe_human_loop", {"HumanLoopName": "a"}),
    "a client": lambda: SESSION.create_client(NAME),
    "a session": botocore.session.Session,
    "the default session": lambda: boto3.client(NAME),
    "a setting": lambda: SESSION.get_config_variable("region"),
    "credentials": lambda: SESSION.get_credentials(),
    "a model": lambda: SESSION.get_service_model("lookoutvision"),
    "the services": SESSION.get_available_services,
    "the regions": lambda: SESSION.get_available_regions("lookoutvision"),
}


@pytest.mark.parametrize("way", WAYS_IN)
def test_a_block_patches_the_rest_when_somebody_comes_in(way: str) -> None:
    waiter = vars(botocore.waiter)
    plain = waiter["time"]
    with mock_ml():
        assert waiter["time"] is plain
        assert WAYS_IN[way]()
        assert waiter["time"] is not plain
    assert waiter["time"] is plain


def test_sixteen_threads_at_a_gate_patch_the_rest_once() -> None:
    session, all_there = botocore.session.Session(), Barrier(16)

    def ask(_: int) -> Any:
        all_there.wait()
        return session.get_config_variable("region")

    with mock_ml() as ml, ThreadPoolExecutor(16) as threads:
        assert set(threads.map(ask, range(16))) == {"us-east-1"}
        applied = ml._world.interception._applied
        assert len(applied) == len({(id(patch.owner), patch.name) for patch in applied})


# -- hosts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "s3.amazonaws.com",
        "bucket.s3.eu-west-1.amazonaws.com",
        "bedrock-runtime.us-east-1.amazonaws.com",
        "a2i-runtime.sagemaker.us-east-1.api.aws",
        "runtime.sagemaker.cn-north-1.amazonaws.com.cn",
        "vpce-1.sts.us-east-1.vpce.amazonaws.com",
        "s3.us-gov-west-1.amazonaws.com.",
        "S3.US-EAST-1.AMAZONAWS.COM:443",
        "sts.us-iso-east-1.c2s.ic.gov",
        "sts.us-isob-east-1.sc2s.sgov.gov",
        "169.254.169.254",
        "xyz.lambda-url.us-east-1.on.aws",
    ],
)
def test_hosts_of_aws(host: str) -> None:
    assert hosts.is_aws(f"https://{host}/path?amount=1")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:4566/",
        "http://127.0.0.1:5005/x",
        "https://proxy.example.com/s3.amazonaws.com/",
        "https://amazonaws.com.example.org/",
        "https://notamazonaws.com/",
        "http://minio:9000",
        "",
    ],
)
def test_hosts_of_ones_own(url: str) -> None:
    assert not hosts.is_aws(url)


def test_what_has_no_source_is_known_to_nobody() -> None:
    names: dict[str, Any] = {}
    exec(compile("def made():\n    return 1\n", "nowhere.py", "exec"), names)  # noqa: S102
    assert source_hash(names["made"]) == source_hash(len) == ""
    assert class_hash(type("Made", (), {"__module__": __name__})) == ""
