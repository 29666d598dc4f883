"""The object store behaves the same in memory and with moto's S3."""

from __future__ import annotations

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from mlmock import MockML, mock_ml
from mlmock.aws.scope import Scope
from mlmock.simulation.object_store import NoSuchBucket, NoSuchKey, json_bytes, parse_s3_uri

SCOPE = Scope("123456789012", "us-east-1")
OTHER_SCOPE = Scope("111122223333", "eu-west-1")


@pytest.fixture(params=["memory", "moto"])
def ml(request: pytest.FixtureRequest) -> Iterator[MockML]:
    """Yield a mock whose objects are in memory, or in moto's S3 with one bucket."""
    with mock_ml() as handle:
        if request.param == "memory":
            yield handle
            return
        with mock_aws():
            boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="bucket")
            yield handle


def test_put_then_get(ml: MockML) -> None:
    ml.s3.put("s3://bucket/a/b.json", b"\x00\xff", content_type="application/json")
    assert ml.s3.get("s3://bucket/a/b.json") == b"\x00\xff"
    assert ml.s3.object("s3://bucket/a/b.json").content_type == "application/json"


def test_text_is_stored_as_utf_8_with_the_default_content_type(ml: MockML) -> None:
    ml.s3.put("s3://bucket/text", "café", metadata={"by": "me"})
    found = ml.s3.object("s3://bucket/text")
    assert found.body == "café".encode()
    assert found.content_type == "binary/octet-stream"
    assert found.metadata == {"by": "me"}


def test_put_overwrites_an_object(ml: MockML) -> None:
    for body in (b"one", b"two"):
        ml.s3.put("s3://bucket/key", body)
    assert ml.s3.get("s3://bucket/key") == b"two"


def test_list_returns_the_objects_under_a_prefix_in_order(ml: MockML) -> None:
    for key in ("b", "a/2", "a/1", "ab"):
        ml.s3.put(f"s3://bucket/{key}", b"")
    assert ml.s3.list("s3://bucket/a") == ["s3://bucket/a/1", "s3://bucket/a/2", "s3://bucket/ab"]
    assert ml.s3.list("s3://bucket/a/") == ["s3://bucket/a/1", "s3://bucket/a/2"]
    assert len(ml.s3.list("s3://bucket")) == 4
    assert ml.s3.list("s3://bucket/c") == []


def test_get_of_a_missing_object_raises(ml: MockML) -> None:
    with pytest.raises(NoSuchKey, match="s3://bucket/nothing"):
        ml.s3.get("s3://bucket/nothing")


def test_https_urls_name_the_same_object(ml: MockML) -> None:
    ml.s3.put("https://bucket.s3.us-east-1.amazonaws.com/key", b"1")
    assert ml.s3.get("https://s3.us-east-1.amazonaws.com/bucket/key") == b"1"
    assert ml.s3.get("s3://bucket/key") == b"1"


def test_repr_names_the_storage(ml: MockML) -> None:
    assert repr(ml.s3) in {"<objects in memory>", "<objects in moto's S3>"}


# -- what differs -------------------------------------------------------------------------------


@mock_ml
def test_every_bucket_exists_in_memory(ml: MockML) -> None:
    assert ml.s3.list("s3://missing-bucket/") == []
    ml.s3.put("s3://missing-bucket/key", b"1")
    ml.s3.ensure_bucket("another", SCOPE)
    assert ml.s3.get("s3://missing-bucket/key") == b"1"


@mock_aws
@mock_ml
def test_only_created_buckets_exist_in_moto(ml: MockML) -> None:
    with pytest.raises(NoSuchBucket, match="missing-bucket"):
        ml.s3.put("s3://missing-bucket/key", b"1")
    with pytest.raises(NoSuchBucket, match="missing-bucket"):
        ml.s3.get("s3://missing-bucket/key")
    with pytest.raises(NoSuchBucket, match="missing-bucket"):
        ml.s3.list("s3://missing-bucket/")


@mock_aws
@mock_ml
def test_ensure_bucket_creates_a_moto_bucket_once_in_its_account(ml: MockML) -> None:
    for _ in range(2):
        ml.s3.ensure_bucket("other", OTHER_SCOPE)
    ml.s3.put("s3://other/key", b"1", scope=OTHER_SCOPE)
    assert ml.s3.get("s3://other/key", scope=OTHER_SCOPE) == b"1"
    assert boto3.client("s3", region_name="us-east-1").list_buckets()["Buckets"] == []


@mock_ml
def test_objects_stay_in_the_store_they_were_put_in(ml: MockML) -> None:
    ml.s3.put("s3://bucket/key", b"in memory")
    with mock_aws():
        boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="bucket")
        ml.s3.put("s3://bucket/key", b"in moto")
        assert ml.s3.get("s3://bucket/key") == b"in moto"
    assert ml.s3.get("s3://bucket/key") == b"in memory"


# -- URIs and JSON -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "parts"),
    [
        ("s3://bucket/a/b", ("bucket", "a/b")),
        ("s3://bucket", ("bucket", "")),
        ("s3://bucket/", ("bucket", "")),
        ("s3://bucket//a", ("bucket", "/a")),
        ("https://bucket.s3.amazonaws.com/a", ("bucket", "a")),
        ("https://s3.cn-north-1.amazonaws.com.cn/bucket/a/b", ("bucket", "a/b")),
    ],
)
def test_uri_is_parsed_into_bucket_and_key(uri: str, parts: tuple[str, str]) -> None:
    assert parse_s3_uri(uri) == parts


@pytest.mark.parametrize(
    "uri", ["", "bucket/key", "s3:///key", "http://bucket/key", "https://x.org/a"]
)
def test_uri_without_an_object_is_rejected(uri: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket/key"):
        parse_s3_uri(uri)


def test_json_is_compact_sorted_and_utf_8() -> None:
    assert json_bytes({"b": [1, 2.5], "a": "é"}) == '{"a":"é","b":[1,2.5]}'.encode()
    assert json_bytes({"half": "\ud800"}) == b'{"half":"?"}'
