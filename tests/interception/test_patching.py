"""The preconditions of the patches: reviewed botocore sources, and patching on first use.

If a hash fails with a new botocore, review what changed there, then add the new hash.
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
from mlmock.interception.botocore import caches, deferred_patches
from mlmock.interception.patching import Patch, TriggerPatch
from mlmock.interception.source_hash import class_hash, source_hash

REVIEWED = {  # botocore 1.36.0 to 1.44.5
    (Endpoint, "create_request"): {"3896032f73c0943e"},
    (Endpoint, "_send"): {"b3217a41d9801162"},
    (Endpoint, "__init__"): {"d545bc03edab46cf"},
    (TokenBucket, "_acquire"): {"2c4f20e18a60858f"},
    (Session, "get_config_variable"): {"ecefd57c07eb1195"},
    (Session, "get_credentials"): {"fee59180ab457fd3"},
    (RequestSigner, "get_auth_instance"): {"8d9faf05a3f56db2", "591493eb7ba98555"},
}


@pytest.mark.parametrize(
    ("owner", "name"), REVIEWED, ids=lambda part: getattr(part, "__name__", part)
)
def test_patched_function_has_a_reviewed_source(owner: type, name: str) -> None:
    assert source_hash(vars(owner)[name]) in REVIEWED[owner, name]


def test_motos_stubber_receives_event_and_request() -> None:
    code = BotocoreStubber.__call__.__code__
    assert code.co_varnames[:3] == ("self", "event_name", "request")


def test_every_cache_supports_the_installed_botocore() -> None:
    patches = {patch.name: patch.apply() for patch in deferred_patches.cache_patches()}
    factories = (caches.cached_sanitize, caches.cached_timestamp_parser, caches.cached_validate)
    try:
        assert all(make(patch) for make, patch in zip(factories, patches.values(), strict=True))
    finally:
        for patch in patches.values():
            patch.undo()


def test_caches_can_be_disabled() -> None:
    import botocore.parsers

    plain = botocore.parsers.DEFAULT_TIMESTAMP_PARSER
    with mock_ml(cache=False):
        boto3.client("sagemaker-a2i-runtime")
        assert botocore.parsers.DEFAULT_TIMESTAMP_PARSER is plain
    with mock_ml():
        boto3.client("sagemaker-a2i-runtime")
        assert botocore.parsers.DEFAULT_TIMESTAMP_PARSER is not plain
    assert botocore.parsers.DEFAULT_TIMESTAMP_PARSER is plain


# -- patches ----------------------------------------------------------------------------------


class Target:
    """A third-party class."""

    def act(self) -> str:
        """Return a constant."""
        return "plain"


def wrapped(patch: Patch) -> Any:
    """Return a replacement that calls the original."""
    return lambda self: f"patched({patch.original(self)})"


def test_patch_is_applied_and_restored_exactly() -> None:
    before = dict(vars(Target))
    patch = Patch(Target, "act", wrapped)
    assert patch.apply() is patch
    assert Target().act() == "patched(plain)"
    patch.undo()
    assert dict(vars(Target)) == before


def test_patched_new_attribute_is_removed() -> None:
    patch = Patch(Target, "other", lambda patch: 3)
    patch.apply()
    assert vars(Target)["other"] == 3
    patch.undo()
    assert not hasattr(Target, "other")


def test_wrapped_patch_stays_in_place_without_recursion() -> None:
    before = dict(vars(Target))
    patch = Patch(Target, "act", wrapped)
    patch.apply()
    target: Any = Target
    below = target.act
    target.act = lambda self: f"wrapped({below(self)})"
    patch.undo()
    assert Target().act() == "wrapped(patched(plain))"
    again = patch.apply()
    assert again is not patch
    assert Target().act() == "patched(wrapped(patched(plain)))"
    again.undo()
    target.act = below  # the wrapper is removed
    assert patch.apply() is patch
    assert Target().act() == "patched(plain)"
    patch.undo()
    assert dict(vars(Target)) == before


# -- trigger patches --------------------------------------------------------------------------


@pytest.fixture
def trigger() -> Iterator[TriggerPatch]:
    """Yield a trigger patch of `Target.act`, and check that it is restored."""
    before = dict(vars(Target))
    yield TriggerPatch(Target, "act", wrapped)
    assert dict(vars(Target)) == before


def test_trigger_patch_calls_its_replacement_with_and_without_a_mock(trigger: TriggerPatch) -> None:
    trigger.apply()
    assert Target().act() == "patched(plain)"
    with mock_ml():
        assert Target().act() == "patched(plain)"
    trigger.undo()


def test_used_trigger_patch_is_armed_again_by_the_next_mock(trigger: TriggerPatch) -> None:
    armed = trigger.replacement
    trigger.apply()
    trigger.disarm()
    assert vars(Target)["act"] is trigger.target is not armed
    trigger.undo()
    trigger.apply()
    assert vars(Target)["act"] is armed
    trigger.undo()


def test_used_and_wrapped_trigger_patch_is_armed_again(
    trigger: TriggerPatch,
) -> None:
    armed = trigger.replacement
    trigger.apply()
    trigger.disarm()
    target: Any = Target
    below = target.act
    target.act = lambda self: f"wrapped({below(self)})"
    trigger.undo()
    outer = trigger.apply()
    assert type(outer) is TriggerPatch
    assert outer is not trigger
    outer.undo()
    target.act = below
    assert trigger.apply() is trigger
    assert vars(Target)["act"] is armed
    trigger.undo()


NAME = "sagemaker-a2i-runtime"
ARN = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"
SESSION = botocore.session.Session()
CLIENT: Any = boto3.Session(region_name="us-east-1").client(NAME)
FIRST_USES: dict[str, Callable[[], Any]] = {
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


@pytest.mark.parametrize("use", FIRST_USES)
def test_first_use_applies_the_deferred_patches(use: str) -> None:
    waiter = vars(botocore.waiter)
    plain = waiter["time"]
    with mock_ml():
        assert waiter["time"] is plain
        assert FIRST_USES[use]()
        assert waiter["time"] is not plain
    assert waiter["time"] is plain


def test_sixteen_threads_apply_the_deferred_patches_once() -> None:
    session, barrier = botocore.session.Session(), Barrier(16)

    def read_region(_: int) -> Any:
        barrier.wait()
        return session.get_config_variable("region")

    with mock_ml() as ml, ThreadPoolExecutor(16) as threads:
        assert set(threads.map(read_region, range(16))) == {"us-east-1"}
        applied = ml._state.interception._applied
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
def test_hosts_outside_aws(url: str) -> None:
    assert not hosts.is_aws(url)


def test_function_without_source_has_no_hash() -> None:
    names: dict[str, Any] = {}
    exec(compile("def made():\n    return 1\n", "nowhere.py", "exec"), names)  # noqa: S102
    assert source_hash(names["made"]) == source_hash(len) == ""
    assert class_hash(type("Made", (), {"__module__": __name__})) == ""
