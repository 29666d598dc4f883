"""What our patches stand on in botocore: the sources that were read, and what is patched at all.

When one of these fails with a new botocore, read what has changed there, then add its hash.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.endpoint import Endpoint
from botocore.retries.bucket import TokenBucket
from botocore.session import Session
from botocore.signers import RequestSigner
from moto.core.botocore_stubber import BotocoreStubber

from mlmock import mock_ml
from mlmock.transport import hosts, install, memos
from mlmock.transport.patching import Patch
from mlmock.transport.sources import class_hash, source_hash

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
    patches = {patch.name: patch.apply() for patch in install._memos()}
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
        assert botocore.parsers.DEFAULT_TIMESTAMP_PARSER is plain
    with mock_ml():
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
