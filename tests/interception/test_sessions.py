"""Sessions and clients inside a mock: package data is cached, and nothing else is shared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.hooks import HierarchicalEmitter
from botocore.loaders import JSONFileLoader, Loader

from mlmock import MockML, mock_ml

A2I = "sagemaker-a2i-runtime"


@pytest.fixture(autouse=True)
def _no_default_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list of the data files that are read during the test."""
    found: list[str] = []
    load = JSONFileLoader.load_file

    def load_file(self: Any, file_path: str) -> Any:
        found.append(file_path)
        return load(self, file_path)

    monkeypatch.setattr(JSONFileLoader, "load_file", load_file)
    return found


def test_package_data_is_read_once_for_all_sessions(reads: list[str]) -> None:
    with mock_ml():
        boto3.Session().client(A2I)
    reads.clear()
    for _ in range(3):
        with mock_ml():
            for _ in range(2):
                boto3.Session().client(A2I)
    assert reads == []
    outside = boto3.Session(aws_access_key_id="x", aws_secret_access_key="x")
    outside.client(A2I, region_name="us-east-1")  # outside a mock, botocore reads its files itself
    assert reads


def test_every_session_has_its_own_loader_and_search_paths(mlmock: MockML) -> None:
    one, two = boto3.Session(), boto3.Session()
    loaders = [s._session.get_component("data_loader") for s in (one, two)]
    assert loaders[0] is not loaders[1]
    assert loaders[0].search_paths is not loaders[1].search_paths


def test_models_of_the_user_are_found_and_not_cached(
    reads: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / A2I / "2019-11-07"
    folder.mkdir(parents=True)
    model = Loader().load_service_model(A2I, "service-2")
    mine = {**model, "metadata": {**model["metadata"], "serviceFullName": "My own"}}
    (folder / "service-2.json").write_text(json.dumps(mine))

    def full_name() -> str:
        client: Any = botocore.session.Session().create_client(A2I, "us-east-1")
        return str(client.meta.service_model.metadata["serviceFullName"])

    with mock_ml():
        assert full_name() != "My own"
        monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
        assert full_name() == "My own"
        monkeypatch.delenv("AWS_DATA_PATH")
        assert full_name() != "My own"


def test_handlers_of_one_session_are_not_called_by_another(mlmock: MockML) -> None:
    calls: list[str] = []

    def hook(**kwargs: Any) -> None:
        calls.append("called")

    one, two = boto3.Session(), boto3.Session()
    one.events.register("before-call", hook)
    arn = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/x"
    two.client(A2I).list_human_loops(FlowDefinitionArn=arn)
    boto3.Session().client(A2I).list_human_loops(FlowDefinitionArn=arn)
    assert calls == []
    one.client(A2I).list_human_loops(FlowDefinitionArn=arn)
    assert calls == ["called"]


def test_session_in_a_mock_has_the_same_handlers_as_outside() -> None:
    def handlers(session: Any) -> dict[str, list[str]]:
        emitter: Any = session.get_component("event_emitter")._emitter
        assert isinstance(emitter, HierarchicalEmitter)
        found: dict[str, list[str]] = {}
        tree: Any = vars(emitter)["_handlers"]

        def walk(node: Any, path: str) -> None:
            values = node["values"]
            if values is not None:
                lists = (values.first, values.middle, values.last)
                found[path] = [
                    getattr(f, "__qualname__", repr(type(f))) for part in lists for f in part
                ]
            for chunk, child in node["children"].items():
                walk(child, f"{path}.{chunk}")

        walk(tree._root, "")
        return found

    outside = handlers(botocore.session.Session())
    with mock_ml():
        for _ in range(2):
            assert handlers(botocore.session.Session()) == outside


def test_handler_added_to_the_built_in_ones_is_used(mlmock: MockML) -> None:
    import botocore.handlers

    calls: list[str] = []
    spec = ("before-call", lambda **kwargs: calls.append("called"))
    boto3.Session().client(A2I)
    botocore.handlers.BUILTIN_HANDLERS.append(spec)
    try:
        arn = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/x"
        boto3.Session().client(A2I).list_human_loops(FlowDefinitionArn=arn)
        assert calls == ["called"]
        boto3.client(A2I).list_human_loops(FlowDefinitionArn=arn)  # the default session as well
        assert len(calls) == 2
    finally:
        botocore.handlers.BUILTIN_HANDLERS.remove(spec)


def test_sessions_use_the_configuration_of_the_application(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[default]\nregion = eu-central-1\n"
        "[profile other]\nregion = sa-east-1\naws_access_key_id = 111122223333\n"
        "aws_secret_access_key = x\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with mock_ml(region="us-west-2") as ml:
        assert boto3.client(A2I).meta.region_name == "eu-central-1"
        other = boto3.Session(profile_name="other").client(A2I)
        arn = "arn:aws:sagemaker:sa-east-1:111122223333:flow-definition/x"
        other.list_human_loops(FlowDefinitionArn=arn)
        assert (ml.calls.last.region, ml.calls.last.account_id) == ("sa-east-1", "111122223333")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-2")
        assert boto3.Session().client(A2I).meta.region_name == "us-east-2"
