"""The client is there on any botocore: for sessions old and new, and only while a block runs."""

from __future__ import annotations

import asyncio
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError, DataNotFoundError, UnknownServiceError
from botocore.loaders import Loader

from mlmock import InvalidRule, mock_ml

REGIONS = [
    "ap-northeast-1",
    "ap-northeast-2",
    "eu-central-1",
    "eu-west-1",
    "us-east-1",
    "us-east-2",
    "us-west-2",
]
SHIPPED = "lookoutvision" in Loader().list_available_services("service-2")


def projects(client: Any) -> list[str]:
    return [project["ProjectName"] for project in client.list_projects()["Projects"]]


def test_boto3_makes_the_client() -> None:
    with mock_ml():
        client = boto3.client("lookoutvision", region_name="eu-west-1")
        client.create_project(ProjectName="circuits")

        assert client.meta.service_model.api_version == "2020-11-20"
        assert len(client.meta.service_model.operation_names) == 22
        assert client.can_paginate("list_dataset_entries")
        assert projects(client) == ["circuits"]


def test_a_session_older_than_the_block_makes_it_too() -> None:
    session = boto3.session.Session("testing", "testing", region_name="us-east-1")
    core = botocore.session.Session()
    session.client("s3")
    core.get_available_services()
    with mock_ml():
        assert projects(session.client("lookoutvision")) == []
        assert projects(core.create_client("lookoutvision")) == []


def test_boto3s_default_session_makes_it_wherever_it_was_made() -> None:
    boto3.setup_default_session(region_name="us-west-2")
    try:
        with mock_ml():
            assert boto3.client("lookoutvision").meta.region_name == "us-west-2"
    finally:
        boto3.DEFAULT_SESSION = None


def test_the_service_is_listed_with_its_regions() -> None:
    with mock_ml():
        session = boto3.session.Session()

        assert "lookoutvision" in session.get_available_services()
        assert session.get_available_services() == sorted(session.get_available_services())
        assert session.get_available_regions("lookoutvision") == REGIONS
        assert session.get_available_regions("lookoutvision", partition_name="aws-cn") == []
        assert "eu-west-1" in session.get_available_regions("s3")


def test_the_loader_knows_the_revision_of_the_block() -> None:
    with mock_ml():
        loader = Loader()

        assert loader.list_api_versions("lookoutvision", "service-2") == ["2020-11-20"]
        assert loader.determine_latest_version("lookoutvision", "service-2") == "2020-11-20"
        assert loader.determine_latest_version("s3", "service-2") == "2006-03-01"
        assert "lookoutvision" in loader.list_available_services("paginators-1")
        assert "lookoutvision" not in loader.list_available_services("waiters-2")


@pytest.mark.skipif(SHIPPED, reason="this botocore has the service itself")
def test_nothing_is_left_when_the_block_has_ended() -> None:
    session = boto3.session.Session("testing", "testing", region_name="us-east-1")
    with mock_ml():
        session.client("lookoutvision")

    assert "lookoutvision" not in session.get_available_services()
    assert session.get_available_regions("lookoutvision") == []
    with pytest.raises(UnknownServiceError):
        session.client("lookoutvision")


@pytest.mark.skipif(SHIPPED, reason="this botocore has the service itself")
def test_a_block_that_holds_other_services_does_not_bring_it() -> None:
    with mock_ml("bedrock-runtime"), pytest.raises(UnknownServiceError):
        boto3.client("lookoutvision")


def test_an_unknown_revision_is_unknown() -> None:
    with mock_ml(), pytest.raises(DataNotFoundError):
        boto3.session.Session().client("lookoutvision", api_version="1999-01-01")


def test_the_preview_has_sixteen_operations() -> None:
    with mock_ml(lookoutvision_api="2020-12-preview"):
        client = boto3.client("lookoutvision")

        assert client.meta.service_model.api_version == "2020-12-preview"
        assert len(client.meta.service_model.operation_names) == 16
        assert client.can_paginate("list_models")
        assert projects(client) == []


def test_the_innermost_block_says_which_revision() -> None:
    def operations() -> int:
        return len(boto3.client("lookoutvision").meta.service_model.operation_names)

    with mock_ml(lookoutvision_api="2020-12-preview"):
        with mock_ml(lookoutvision_api="2020-11-20"):
            assert operations() == 22
        with mock_ml():
            assert operations() == 16
        assert operations() == 16


def test_the_final_revision_can_be_asked_for_in_a_preview_block() -> None:
    with mock_ml(lookoutvision_api="2020-12-preview"):
        client = boto3.client("lookoutvision", api_version="2020-11-20")

        assert projects(client) == []
        assert client.meta.service_model.api_version == "2020-11-20"


def test_rules_at_the_door_speak_the_blocks_revision() -> None:
    with mock_ml(lookoutvision_api="2020-12-preview") as ml:
        with pytest.raises(InvalidRule, match="no operation TagResource"):
            ml.on("lookoutvision", "TagResource").fail("ThrottlingException")
        ml.on("lookoutvision", "StartModel").reply({"Status": "RUNNING"})
        client = boto3.client("lookoutvision")

        answer = client.start_model(ProjectName="p", ModelVersion="1", MinInferenceUnits=1)
    assert answer["Status"] == "RUNNING"


def test_a_rule_for_every_operation_fails_them_all() -> None:
    with mock_ml() as ml:
        ml.on("lookoutvision").fail("AccessDeniedException", "No entry")
        with pytest.raises(ClientError, match="No entry"):
            boto3.client("lookoutvision").list_projects()


@pytest.mark.skipif(not SHIPPED, reason="this botocore has no such service")
def test_a_client_older_than_the_block_is_answered_too() -> None:
    session = boto3.session.Session("testing", "testing", region_name="us-east-1")
    client = session.client("lookoutvision")
    with mock_ml(lookoutvision_api="2020-12-preview") as ml:
        ml.lookoutvision.project("circuits", model="TRAINED")
        one = {"ProjectName": "circuits", "ModelVersion": "1"}

        assert client.start_model(**one, MinInferenceUnits=1)["Status"] == "STARTING_HOSTING"
        assert "MinInferenceUnits" in client.describe_model(**one)["ModelDescription"]
        assert len(client.meta.service_model.operation_names) == 22
        assert len(session.client("lookoutvision").meta.service_model.operation_names) == 16
    assert len(session.client("lookoutvision").meta.service_model.operation_names) == 22
    assert len(session.get_available_regions("lookoutvision")) == 7


def test_an_asynchronous_session_finds_it_too() -> None:
    session = pytest.importorskip("aiobotocore.session")

    async def main() -> None:
        with mock_ml() as ml:
            ml.lookoutvision.project("circuits")
            made = session.get_session()
            assert "lookoutvision" in made.get_available_services()
            assert await made.get_available_regions("lookoutvision") == REGIONS
            assert "eu-west-1" in await made.get_available_regions("s3")
            async with made.create_client("lookoutvision") as client:
                pages = client.get_paginator("list_projects").paginate()
                found = [project async for page in pages for project in page["Projects"]]
        assert [project["ProjectName"] for project in found] == ["circuits"]

    asyncio.run(main())
