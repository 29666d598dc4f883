"""The final and the preview revision of the bundled Lookout for Vision model."""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.loaders import Loader
from urllib3 import HTTPResponse

from tests.services.lookoutvision.bundled_model_helpers import (
    DATA,
    FINAL,
    PREVIEW,
    REVISIONS,
    SERVICE,
    bundled,
    is_documentation,
)

LATER_OPERATIONS = {
    "DescribeModelPackagingJob",
    "ListModelPackagingJobs",
    "ListTagsForResource",
    "StartModelPackagingJob",
    "TagResource",
    "UntagResource",
}


def keys(value: Any) -> Iterator[str]:
    """Yield every key of every object inside a JSON value."""
    if isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys(item)


def client(revision: str, region: str = "eu-west-1", **options: Any) -> Any:
    """Return a botocore client of a session whose loader finds the bundled folder."""
    session = botocore.session.Session()
    session.register_component("data_loader", Loader(extra_search_paths=[str(DATA)]))
    return session.create_client(
        SERVICE,  # type: ignore[call-overload,unused-ignore]
        region_name=region,
        api_version=revision,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        **options,
    )


# -- the preview revision ---------------------------------------------------------------------


def test_preview_has_sixteen_operations_equal_to_the_final_revision() -> None:
    preview = bundled("service-2.json", PREVIEW)["operations"]
    final = bundled("service-2.json")["operations"]

    assert len(preview) == 16
    assert set(preview) == set(final) - LATER_OPERATIONS
    assert all(preview[name] == final[name] for name in preview)


def test_preview_describes_a_new_model_with_a_structure() -> None:
    """In the final revision it is a string, `ModelDescriptionMessage`."""
    shapes = bundled("service-2.json", PREVIEW)["shapes"]

    assert shapes["CreateModelRequest"]["members"]["Description"] == {"shape": "ModelDescription"}
    assert shapes["ModelDescription"]["type"] == "structure"
    assert list(shapes["ModelDescription"]["members"]) == [
        "ModelVersion",
        "ModelArn",
        "CreationTimestamp",
        "Description",
        "Status",
        "StatusMessage",
        "Performance",
        "OutputConfig",
        "EvaluationManifest",
        "EvaluationResult",
        "EvaluationEndTimestamp",
        "KmsKeyId",
    ]


def test_preview_has_four_hosting_statuses() -> None:
    shapes = bundled("service-2.json", PREVIEW)["shapes"]

    assert shapes["ModelHostingStatus"]["enum"] == ["RUNNING", "STARTING", "STOPPED", "FAILED"]
    for response in ("StartModelResponse", "StopModelResponse"):
        assert shapes[response]["members"] == {"Status": {"shape": "ModelHostingStatus"}}


def test_preview_differs_from_the_final_revision_in_eight_shapes() -> None:
    preview = bundled("service-2.json", PREVIEW)["shapes"]
    final = bundled("service-2.json")["shapes"]

    assert set(preview) < set(final)
    assert {name for name in preview if preview[name] != final[name]} == {
        "CreateModelRequest",  # Description is a structure; no Tags
        "DeleteModelRequest",  # ModelVersion may be `latest`
        "DetectAnomaliesRequest",  # the header is spelled `content-type`
        "DetectAnomalyResult",  # no Anomalies, no AnomalyMask
        "ModelDescription",  # no inference units
        "ModelHostingStatus",  # other values
        "ResourceType",  # no packaging jobs
        "StartModelRequest",  # no MaxInferenceUnits
    }


@pytest.mark.parametrize("revision", REVISIONS)
def test_defined_shapes_are_the_used_shapes(revision: str) -> None:
    model = bundled("service-2.json", revision)

    def names(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("shape"), str):
                yield value["shape"]
            for item in value.values():
                yield from names(item)
        elif isinstance(value, list):
            for item in value:
                yield from names(item)

    assert set(names(model)) == set(model["shapes"])


# -- both revisions, loaded by botocore -------------------------------------------------------


@pytest.mark.parametrize(
    "path", sorted((DATA / SERVICE).rglob("*.json")), ids=lambda path: path.name
)
def test_files_have_no_documentation(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))

    assert [key for key in keys(content) if is_documentation(key)] == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_api_version_is_the_name_of_the_folder(revision: str) -> None:
    """Paginators are looked up in the folder that `apiVersion` names."""
    assert bundled("service-2.json", revision)["metadata"]["apiVersion"] == revision


@pytest.mark.parametrize(("revision", "has_packaging_jobs"), [(FINAL, True), (PREVIEW, False)])
def test_session_creates_a_client_of_every_revision(
    revision: str, has_packaging_jobs: bool
) -> None:
    created = client(revision)

    assert created.meta.service_model.api_version == revision
    assert created.can_paginate("list_models")
    assert hasattr(created, "list_model_packaging_jobs") is has_packaging_jobs
    if has_packaging_jobs:
        assert created.can_paginate("list_model_packaging_jobs")
    assert created.waiter_names == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_both_revisions_use_the_same_urls(revision: str) -> None:
    """The URLs of both revisions contain 2020-11-20."""
    sent = client(revision).generate_presigned_url("list_models", {"ProjectName": "a/b"})

    address = "https://lookoutvision.eu-west-1.amazonaws.com/2020-11-20/projects/a%2Fb/models"
    assert sent.partition("?")[0] == address
    assert "eu-west-1%2Flookoutvision%2Faws4_request" in sent


@pytest.mark.parametrize("revision", REVISIONS)
def test_detect_anomalies_sends_one_content_type(revision: str) -> None:
    """The spelling of the header differs between the revisions."""
    sent: list[Any] = []
    created = client(revision)

    def answer(request: Any, **_: Any) -> AWSResponse:
        sent.extend(v for k, v in request.headers.items() if k.lower() == "content-type")
        raw = HTTPResponse(BytesIO(b"{}"), preload_content=False)
        return AWSResponse(request.url, 200, HTTPHeaders(), raw)

    created.meta.events.register("before-send.lookoutvision.DetectAnomalies", answer)
    created.detect_anomalies(
        ProjectName="p", ModelVersion="1", Body=b"\x89PNG", ContentType="image/png"
    )

    assert sent == [b"image/png"]


def test_loader_uses_the_preview_by_default() -> None:
    """Botocore uses the folder whose name sorts last, so the final revision must be requested."""
    loader = Loader(extra_search_paths=[str(DATA)])

    assert loader.list_api_versions(SERVICE, "service-2") == [FINAL, PREVIEW]
    assert loader.determine_latest_version(SERVICE, "service-2") == PREVIEW
