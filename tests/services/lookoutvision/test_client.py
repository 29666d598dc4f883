"""The client is available with every botocore while a mock is active."""

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
IN_BOTOCORE = "lookoutvision" in Loader().list_available_services("service-2")


def projects(client: Any) -> list[str]:
    return [project["ProjectName"] for project in client.list_projects()["Projects"]]


def test_boto3_creates_the_client() -> None:
    with mock_ml():
        client = boto3.client("lookoutvision", region_name="eu-west-1")
        client.create_project(ProjectName="circuits")

        assert client.meta.service_model.api_version == "2020-11-20"
        assert len(client.meta.service_model.operation_names) == 22
        assert client.can_paginate("list_dataset_entries")
        assert projects(client) == ["circuits"]


def test_existing_session_creates_the_client() -> None:
    session = boto3.session.Session("testing", "testing", region_name="us-east-1")
    core = botocore.session.Session()
    session.client("s3")
    core.get_available_services()
    with mock_ml():
        assert projects(session.client("lookoutvision")) == []
        assert projects(core.create_client("lookoutvision")) == []


def test_existing_default_session_creates_the_client() -> None:
    boto3.setup_default_session(region_name="us-west-2")
    try:
        with mock_ml():
            assert boto3.client("lookoutvision").meta.region_name == "us-west-2"
    finally:
        boto3.DEFAULT_SESSION = None


def test_service_and_regions_are_listed() -> None:
    with mock_ml():
        session = boto3.session.Session()

        assert "lookoutvision" in session.get_available_services()
        assert session.get_available_services() == sorted(session.get_available_services())
        assert session.get_available_regions("lookoutvision") == REGIONS
        assert session.get_available_regions("lookoutvision", partition_name="aws-cn") == []
        assert "eu-west-1" in session.get_available_regions("s3")


def test_loader_knows_the_revision_of_the_mock() -> None:
    with mock_ml():
        loader = Loader()

        assert loader.list_api_versions("lookoutvision", "service-2") == ["2020-11-20"]
        assert loader.determine_latest_version("lookoutvision", "service-2") == "2020-11-20"
        assert loader.determine_latest_version("s3", "service-2") == "2006-03-01"
        assert "lookoutvision" in loader.list_available_services("paginators-1")
        assert "lookoutvision" not in loader.list_available_services("waiters-2")


@pytest.mark.skipif(IN_BOTOCORE, reason="this botocore has the service")
def test_service_is_removed_when_the_mock_ends() -> None:
    session = boto3.session.Session("testing", "testing", region_name="us-east-1")
    with mock_ml():
        session.client("lookoutvision")

    assert "lookoutvision" not in session.get_available_services()
    assert session.get_available_regions("lookoutvision") == []
    with pytest.raises(UnknownServiceError):
        session.client("lookoutvision")


@pytest.mark.skipif(IN_BOTOCORE, reason="this botocore has the service")
def test_mock_of_other_services_does_not_add_it() -> None:
    with mock_ml("bedrock-runtime"), pytest.raises(UnknownServiceError):
        boto3.client("lookoutvision")


def test_unknown_revision_raises() -> None:
    with mock_ml(), pytest.raises(DataNotFoundError):
        boto3.session.Session().client("lookoutvision", api_version="1999-01-01")


def test_preview_has_sixteen_operations() -> None:
    with mock_ml(lookoutvision_api="2020-12-preview"):
        client = boto3.client("lookoutvision")

        assert client.meta.service_model.api_version == "2020-12-preview"
        assert len(client.meta.service_model.operation_names) == 16
        assert client.can_paginate("list_models")
        assert projects(client) == []


def test_innermost_mock_decides_the_revision() -> None:
    def operations() -> int:
        return len(boto3.client("lookoutvision").meta.service_model.operation_names)

    with mock_ml(lookoutvision_api="2020-12-preview"):
        with mock_ml(lookoutvision_api="2020-11-20"):
            assert operations() == 22
        with mock_ml():
            assert operations() == 16
        assert operations() == 16


def test_final_revision_can_be_requested_in_a_preview_mock() -> None:
    with mock_ml(lookoutvision_api="2020-12-preview"):
        client = boto3.client("lookoutvision", api_version="2020-11-20")

        assert projects(client) == []
        assert client.meta.service_model.api_version == "2020-11-20"


def test_operation_rules_use_the_revision_of_the_mock() -> None:
    with mock_ml(lookoutvision_api="2020-12-preview") as ml:
        with pytest.raises(InvalidRule, match="no operation 'TagResource'"):
            ml.on("lookoutvision", "TagResource").fail("ThrottlingException")
        ml.on("lookoutvision", "StartModel").reply({"Status": "RUNNING"})
        client = boto3.client("lookoutvision")

        answer = client.start_model(ProjectName="p", ModelVersion="1", MinInferenceUnits=1)
    assert answer["Status"] == "RUNNING"


def test_failure_rule_for_every_operation() -> None:
    with mock_ml() as ml:
        ml.on("lookoutvision").fail("AccessDeniedException", "No entry")
        with pytest.raises(ClientError, match="No entry"):
            boto3.client("lookoutvision").list_projects()


@pytest.mark.skipif(not IN_BOTOCORE, reason="this botocore has no such service")
def test_existing_client_is_mocked() -> None:
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


def test_aiobotocore_session_creates_the_client() -> None:
    session = pytest.importorskip("aiobotocore.session")

    async def main() -> None:
        with mock_ml() as ml:
            ml.lookoutvision.project("circuits")
            created = session.get_session()
            assert "lookoutvision" in created.get_available_services()
            assert await created.get_available_regions("lookoutvision") == REGIONS
            assert "eu-west-1" in await created.get_available_regions("s3")
            async with created.create_client("lookoutvision") as client:
                pages = client.get_paginator("list_projects").paginate()
                found = [project async for page in pages for project in page["Projects"]]
        assert [project["ProjectName"] for project in found] == ["circuits"]

    asyncio.run(main())
