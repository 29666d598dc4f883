"""The bundled Lookout for Vision model, compared with the last one that botocore shipped.

botocore 1.40.60 was the last release with a `lookoutvision` client. Its wheel is read from the
folder in `MLMOCK_WHEELS` or from `.cache/wheels/` in the repository; the comparisons are skipped
if it is absent. The preview revision is compared with the final one, member by member.
"""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from botocore.loaders import Loader

from tests.services.lookoutvision.bundled_model_helpers import (
    DATA,
    FINAL,
    REVISIONS,
    ROOT,
    SERVICE,
    bundled,
    is_documentation,
)

WHEEL = "botocore-1.40.60-py3-none-any.whl"
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
    """The data files of the reference wheel, read without installing it."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive

    def files(self, folder: str) -> set[str]:
        """Return the file names in a folder of `botocore/data`, without the suffix `.gz`."""
        prefix = f"botocore/data/{folder}/"
        names = (name for name in self._archive.namelist() if name.startswith(prefix))
        return {name.removeprefix(prefix).removesuffix(".gz") for name in names}

    def load(self, path: str) -> Any:
        """Return a JSON file of `botocore/data`, compressed or not."""
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


def undocumented(value: Any) -> Any:
    """Return the value without documentation."""
    if isinstance(value, dict):
        return {k: undocumented(v) for k, v in value.items() if not is_documentation(k)}
    if isinstance(value, list):
        return [undocumented(item) for item in value]
    return value


def resolved(rule_set: Any, inputs: dict[str, Any]) -> tuple[str, Any, Any] | None:
    """Return URL, properties and headers from a rule set, or None if it raises an error."""
    provider = EndpointProvider(rule_set, Loader().load_data("partitions"))
    try:
        endpoint = provider.resolve_endpoint(**inputs)
    except EndpointProviderError:
        return None
    return endpoint.url, endpoint.properties, endpoint.headers


# -- the final revision equals the one in botocore 1.40.60 ------------------------------------


def test_metadata_equals_the_original(original: Wheel) -> None:
    expected = original.load(f"{SERVICE}/{FINAL}/service-2.json")

    assert bundled("service-2.json")["metadata"] == expected["metadata"]
    assert bundled("service-2.json")["version"] == expected["version"]


@pytest.mark.parametrize("operation", sorted(bundled("service-2.json")["operations"]))
def test_operation_equals_the_original(original: Wheel, operation: str) -> None:
    expected = original.load(f"{SERVICE}/{FINAL}/service-2.json")["operations"]

    assert bundled("service-2.json")["operations"][operation] == undocumented(expected[operation])


@pytest.mark.parametrize("shape", sorted(bundled("service-2.json")["shapes"]))
def test_shape_equals_the_original(original: Wheel, shape: str) -> None:
    expected = original.load(f"{SERVICE}/{FINAL}/service-2.json")["shapes"]
    actual = bundled("service-2.json")["shapes"][shape]

    assert actual == undocumented(expected[shape])
    # The order of the members determines signatures in help() and serialized bodies.
    assert list(actual.get("members", ())) == list(expected[shape].get("members", ()))


def test_nothing_of_the_original_is_missing(original: Wheel) -> None:
    expected = original.load(f"{SERVICE}/{FINAL}/service-2.json")
    actual = bundled("service-2.json")

    assert set(actual) == set(expected) - {"documentation"}
    assert set(actual["operations"]) == set(expected["operations"])
    assert set(actual["shapes"]) == set(expected["shapes"])


def test_files_are_the_original_ones_except_the_empty_examples(original: Wheel) -> None:
    """The service never had waiters."""
    actual = {path.name for path in (DATA / SERVICE / FINAL).iterdir()}

    assert actual == original.files(f"{SERVICE}/{FINAL}") - {"examples-1.json"}


def test_paginators_equal_the_original(original: Wheel) -> None:
    expected = original.load(f"{SERVICE}/{FINAL}/paginators-1.json")

    assert bundled("paginators-1.json") == expected


def test_regions_equal_the_original(original: Wheel) -> None:
    expected = {
        partition["partition"]: sorted(partition["services"][SERVICE]["endpoints"])
        for partition in original.load("endpoints.json")["partitions"]
        if SERVICE in partition["services"]
    }

    assert json.loads((DATA / SERVICE / "regions.json").read_text(encoding="utf-8")) == expected


# -- endpoints --------------------------------------------------------------------------------


@pytest.mark.parametrize("dual_stack", [False, True], ids=["", "dual-stack"])
@pytest.mark.parametrize("fips", [False, True], ids=["", "fips"])
@pytest.mark.parametrize("endpoint", [None, "https://vision.example:8443/base"])
@pytest.mark.parametrize("region", [None, *REGIONS])
@pytest.mark.parametrize("revision", REVISIONS)
def test_rule_set_resolves_as_the_original(
    original: Wheel,
    revision: str,
    region: str | None,
    endpoint: str | None,
    fips: bool,
    dual_stack: bool,
) -> None:
    """The same URL, or an error if the original raises one."""
    inputs: dict[str, Any] = {"UseFIPS": fips, "UseDualStack": dual_stack}
    if region is not None:
        inputs["Region"] = region
    if endpoint is not None:
        inputs["Endpoint"] = endpoint
    expected = original.load(f"{SERVICE}/{FINAL}/endpoint-rule-set-1.json")

    assert resolved(bundled("endpoint-rule-set-1.json", revision), inputs) == resolved(
        expected, inputs
    )


def test_rule_set_has_the_original_parameters(original: Wheel) -> None:
    expected = original.load(f"{SERVICE}/{FINAL}/endpoint-rule-set-1.json")["parameters"]

    assert bundled("endpoint-rule-set-1.json")["parameters"] == undocumented(expected)


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
def test_resolved_urls(inputs: dict[str, Any], address: str) -> None:
    assert resolved(bundled("endpoint-rule-set-1.json"), inputs) == (address, {}, {})


@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"Endpoint": "http://localhost:4566", "UseFIPS": True},
        {"Endpoint": "http://localhost:4566", "UseDualStack": True},
    ],
    ids=["no region", "custom with fips", "custom with dual stack"],
)
def test_invalid_combinations(inputs: dict[str, Any]) -> None:
    assert resolved(bundled("endpoint-rule-set-1.json"), inputs) is None
