"""The Lookout for Vision model that mlmock brings, held against the last one botocore shipped.

botocore 1.40.60 was the last release with a `lookoutvision` client. Its wheel is read from the
folder that `MLMOCK_WHEELS` names, else from `.cache/wheels/` in the repository; the comparisons are
skipped where it is absent. The preview revision is compared with the final one, member by member.
"""

import gzip
import json
import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader
from urllib3 import HTTPResponse

ROOT = Path(__file__).resolve().parents[3]
DATA = ROOT / "mlmock" / "aws" / "spec" / "data"
SERVICE = "lookoutvision"
FINAL = "2020-11-20"
PREVIEW = "2020-12-preview"
REVISIONS = (FINAL, PREVIEW)
WHEEL = "botocore-1.40.60-py3-none-any.whl"

LATER_OPERATIONS = {
    "DescribeModelPackagingJob",
    "ListModelPackagingJobs",
    "ListTagsForResource",
    "StartModelPackagingJob",
    "TagResource",
    "UntagResource",
}

REGIONS = (
    "us-east-1",
    "us-east-2",
    "us-west-2",
    "eu-central-1",
    "eu-west-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "cn-north-1",
    "us-gov-west-1",
    "us-iso-east-1",
    "us-isob-east-1",
    "eu-isoe-west-1",
    "us-isof-south-1",
    "eusc-de-east-1",
    "aws-global",
    "mars-north-1",
)


class Wheel:
    """The reference wheel's data files, read without installing it."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive

    def files(self, folder: str) -> set[str]:
        """The names in a folder of `botocore/data`, without the `.gz` of the packed ones."""
        prefix = f"botocore/data/{folder}/"
        names = (name for name in self._archive.namelist() if name.startswith(prefix))
        return {name.removeprefix(prefix).removesuffix(".gz") for name in names}

    def load(self, path: str) -> Any:
        """One JSON file of `botocore/data`, packed or not."""
        name = f"botocore/data/{path}"
        if f"{name}.gz" in self._archive.namelist():
            return json.loads(gzip.decompress(self._archive.read(f"{name}.gz")))
        return json.loads(self._archive.read(name))


@pytest.fixture(scope="module")
def original() -> Iterator[Wheel]:
    folder = Path(os.environ.get("MLMOCK_WHEELS") or ROOT / ".cache" / "wheels")
    path = folder / WHEEL
    if not path.is_file():
        pytest.skip(
            f"{path} is absent: pip download botocore==1.40.60 --no-deps -d {folder}, "
            "or name its folder in MLMOCK_WHEELS"
        )
    with ZipFile(path) as archive:
        yield Wheel(archive)


def ours(name: str, revision: str = FINAL) -> Any:
    return json.loads((DATA / SERVICE / revision / name).read_text(encoding="utf-8"))


def undocumented(value: Any) -> Any:
    """The same value without any documentation in it."""
    if isinstance(value, dict):
        return {k: undocumented(v) for k, v in value.items() if not is_documentation(k)}
    if isinstance(value, list):
        return [undocumented(item) for item in value]
    return value


def is_documentation(key: str) -> bool:
    return key.lower().startswith("documentation")


def keys(value: Any) -> Iterator[str]:
    """Every key of every object inside a JSON value."""
    if isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys(item)


def resolved(rule_set: Any, inputs: dict[str, Any]) -> tuple[str, Any, Any] | None:
    """What a rule set answers: address, properties and headers, or None where it refuses."""
    provider = EndpointProvider(rule_set, Loader().load_data("partitions"))
    try:
        endpoint = provider.resolve_endpoint(**inputs)
    except EndpointProviderError:
        return None
    return endpoint.url, endpoint.properties, endpoint.headers


def client(revision: str, region: str = "eu-west-1", **options: Any) -> Any:
    """A botocore client made the ordinary way, by a session whose loader finds the folder."""
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


# --- the final revision is the one botocore 1.40.60 had ------------------------------------------


def test_the_metadata_is_the_original_one(original: Wheel) -> None:
    theirs = original.load(f"{SERVICE}/{FINAL}/service-2.json")

    assert ours("service-2.json")["metadata"] == theirs["metadata"]
    assert ours("service-2.json")["version"] == theirs["version"]


@pytest.mark.parametrize("operation", sorted(ours("service-2.json")["operations"]))
def test_each_operation_is_the_original_one(original: Wheel, operation: str) -> None:
    theirs = original.load(f"{SERVICE}/{FINAL}/service-2.json")["operations"]

    assert ours("service-2.json")["operations"][operation] == undocumented(theirs[operation])


@pytest.mark.parametrize("shape", sorted(ours("service-2.json")["shapes"]))
def test_each_shape_is_the_original_one(original: Wheel, shape: str) -> None:
    theirs = original.load(f"{SERVICE}/{FINAL}/service-2.json")["shapes"]
    mine = ours("service-2.json")["shapes"][shape]

    assert mine == undocumented(theirs[shape])
    # The order of the members is the order of a signature in help() and of a serialized body.
    assert list(mine.get("members", ())) == list(theirs[shape].get("members", ()))


def test_nothing_of_the_original_is_missing(original: Wheel) -> None:
    theirs = original.load(f"{SERVICE}/{FINAL}/service-2.json")
    mine = ours("service-2.json")

    assert set(mine) == set(theirs) - {"documentation"}
    assert set(mine["operations"]) == set(theirs["operations"])
    assert set(mine["shapes"]) == set(theirs["shapes"])


def test_the_files_are_the_original_ones_but_for_the_empty_examples(original: Wheel) -> None:
    """There never were waiters."""
    mine = {path.name for path in (DATA / SERVICE / FINAL).iterdir()}

    assert mine == original.files(f"{SERVICE}/{FINAL}") - {"examples-1.json"}


def test_the_paginators_are_the_original_ones(original: Wheel) -> None:
    theirs = original.load(f"{SERVICE}/{FINAL}/paginators-1.json")

    assert ours("paginators-1.json") == theirs


def test_the_regions_are_the_original_ones(original: Wheel) -> None:
    theirs = {
        partition["partition"]: sorted(partition["services"][SERVICE]["endpoints"])
        for partition in original.load("endpoints.json")["partitions"]
        if SERVICE in partition["services"]
    }

    assert json.loads((DATA / SERVICE / "regions.json").read_text(encoding="utf-8")) == theirs


# --- endpoints -----------------------------------------------------------------------------------


@pytest.mark.parametrize("dual_stack", [False, True], ids=["", "dual-stack"])
@pytest.mark.parametrize("fips", [False, True], ids=["", "fips"])
@pytest.mark.parametrize("endpoint", [None, "https://vision.example:8443/base"])
@pytest.mark.parametrize("region", [None, *REGIONS])
@pytest.mark.parametrize("revision", REVISIONS)
def test_the_rule_set_answers_as_the_original_one(
    original: Wheel,
    revision: str,
    region: str | None,
    endpoint: str | None,
    fips: bool,
    dual_stack: bool,
) -> None:
    """The same address, or a refusal where the original refuses too."""
    inputs: dict[str, Any] = {"UseFIPS": fips, "UseDualStack": dual_stack}
    if region is not None:
        inputs["Region"] = region
    if endpoint is not None:
        inputs["Endpoint"] = endpoint
    theirs = original.load(f"{SERVICE}/{FINAL}/endpoint-rule-set-1.json")

    assert resolved(ours("endpoint-rule-set-1.json", revision), inputs) == resolved(theirs, inputs)


def test_the_rule_set_takes_the_original_parameters(original: Wheel) -> None:
    theirs = original.load(f"{SERVICE}/{FINAL}/endpoint-rule-set-1.json")["parameters"]

    assert ours("endpoint-rule-set-1.json")["parameters"] == undocumented(theirs)


@pytest.mark.parametrize(
    ("inputs", "address"),
    [
        ({"Region": "eu-west-1"}, "https://lookoutvision.eu-west-1.amazonaws.com"),
        (
            {"Region": "us-east-1", "UseFIPS": True},
            "https://lookoutvision-fips.us-east-1.amazonaws.com",
        ),
        (
            {"Region": "us-east-1", "UseDualStack": True},
            "https://lookoutvision.us-east-1.api.aws",
        ),
        (
            {"Region": "us-east-1", "UseFIPS": True, "UseDualStack": True},
            "https://lookoutvision-fips.us-east-1.api.aws",
        ),
        ({"Region": "cn-north-1"}, "https://lookoutvision.cn-north-1.amazonaws.com.cn"),
        ({"Region": "eu-west-1", "Endpoint": "http://localhost:4566"}, "http://localhost:4566"),
    ],
)
def test_addresses(inputs: dict[str, Any], address: str) -> None:
    assert resolved(ours("endpoint-rule-set-1.json"), inputs) == (address, {}, {})


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"Endpoint": "http://localhost:4566", "UseFIPS": True},
        {"Endpoint": "http://localhost:4566", "UseDualStack": True},
    ],
    ids=["no region", "custom with fips", "custom with dual stack"],
)
def test_refused_combinations(inputs: dict[str, Any]) -> None:
    assert resolved(ours("endpoint-rule-set-1.json"), inputs) is None


# --- the preview revision ------------------------------------------------------------------------


def test_the_preview_has_sixteen_operations_all_as_in_the_final_revision() -> None:
    preview = ours("service-2.json", PREVIEW)["operations"]
    final = ours("service-2.json")["operations"]

    assert len(preview) == 16
    assert set(preview) == set(final) - LATER_OPERATIONS
    assert all(preview[name] == final[name] for name in preview)


def test_the_preview_describes_a_new_model_with_a_structure() -> None:
    """Later a plain string, `ModelDescriptionMessage`."""
    shapes = ours("service-2.json", PREVIEW)["shapes"]

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


def test_the_preview_has_four_hosting_statuses() -> None:
    shapes = ours("service-2.json", PREVIEW)["shapes"]

    assert shapes["ModelHostingStatus"]["enum"] == ["RUNNING", "STARTING", "STOPPED", "FAILED"]
    for response in ("StartModelResponse", "StopModelResponse"):
        assert shapes[response]["members"] == {"Status": {"shape": "ModelHostingStatus"}}


def test_the_preview_differs_from_the_final_revision_in_eight_shapes_only() -> None:
    preview = ours("service-2.json", PREVIEW)["shapes"]
    final = ours("service-2.json")["shapes"]

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
def test_each_revision_uses_the_shapes_it_has_and_has_the_shapes_it_uses(revision: str) -> None:
    model = ours("service-2.json", revision)

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


# --- both, as botocore sees them -----------------------------------------------------------------


@pytest.mark.parametrize(
    "path", sorted((DATA / SERVICE).rglob("*.json")), ids=lambda path: path.name
)
def test_no_file_holds_documentation(path: Path) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))

    assert [key for key in keys(content) if is_documentation(key)] == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_revision_is_named_as_its_folder_is(revision: str) -> None:
    """Its paginators are looked up in the folder that `apiVersion` names."""
    assert ours("service-2.json", revision)["metadata"]["apiVersion"] == revision


@pytest.mark.parametrize(("revision", "pages_jobs"), [(FINAL, True), (PREVIEW, False)])
def test_a_session_makes_a_client_of_each_revision(revision: str, pages_jobs: bool) -> None:
    made = client(revision)

    assert made.meta.service_model.api_version == revision
    assert made.can_paginate("list_models")
    assert hasattr(made, "list_model_packaging_jobs") is pages_jobs
    if pages_jobs:
        assert made.can_paginate("list_model_packaging_jobs")
    assert made.waiter_names == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_both_revisions_send_the_same_addresses(revision: str) -> None:
    """The preview's name is not part of its address: that says 2020-11-20 in both."""
    sent = client(revision).generate_presigned_url("list_models", {"ProjectName": "a/b"})

    address = "https://lookoutvision.eu-west-1.amazonaws.com/2020-11-20/projects/a%2Fb/models"
    assert sent.partition("?")[0] == address
    assert "eu-west-1%2Flookoutvision%2Faws4_request" in sent


@pytest.mark.parametrize("revision", REVISIONS)
def test_detect_anomalies_sends_one_content_type(revision: str) -> None:
    """However the header is spelled in the model."""
    sent: list[Any] = []
    made = client(revision)

    def answer(request: Any, **_: Any) -> AWSResponse:
        sent.extend(v for k, v in request.headers.items() if k.lower() == "content-type")
        raw = HTTPResponse(BytesIO(b"{}"), preload_content=False)
        return AWSResponse(request.url, 200, HTTPHeaders(), raw)

    made.meta.events.register("before-send.lookoutvision.DetectAnomalies", answer)
    made.detect_anomalies(
        ProjectName="p", ModelVersion="1", Body=b"\x89PNG", ContentType="image/png"
    )

    assert sent == [b"image/png"]


def test_a_loader_asked_for_no_revision_takes_the_preview() -> None:
    """Botocore takes the folder whose name sorts last, so the final one has to be asked for."""
    loader = Loader(extra_search_paths=[str(DATA)])

    assert loader.list_api_versions(SERVICE, "service-2") == [FINAL, PREVIEW]
    assert loader.determine_latest_version(SERVICE, "service-2") == PREVIEW
