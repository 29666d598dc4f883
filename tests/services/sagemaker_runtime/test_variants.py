"""Selection of production variants."""

from __future__ import annotations

from collections import Counter
from typing import Any

import boto3
import pytest

from mlmock import MockML, mock_ml


def invoked(client: Any, **members: Any) -> str:
    found: str = client.invoke_endpoint(EndpointName="churn", Body=b"{}", **members)[
        "InvokedProductionVariant"
    ]
    return found


def test_variants_are_selected_by_weight(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn", variants={"a": 9, "b": 1, "off": 0})
    counts = Counter(invoked(client) for _ in range(1000))
    assert set(counts) == {"a", "b"}
    assert 860 <= counts["a"] <= 940


def test_selection_depends_on_the_seed_only() -> None:
    def selected(seed: int) -> list[str]:
        with mock_ml(seed=seed) as ml:
            ml.sagemaker.endpoint("churn", variants=["a", "b"])
            client = boto3.client("sagemaker-runtime")
            return [invoked(client) for _ in range(30)]

    assert selected(1) == selected(1)
    assert selected(1) != selected(2)


def test_target_variant_overrides_the_weights(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn", variants={"a": 1, "b": 0})
    assert [invoked(client, TargetVariant="b") for _ in range(5)] == ["b"] * 5
    assert [invoked(client) for _ in range(5)] == ["a"] * 5


def test_every_variant_has_its_own_answers(ml: MockML, client: Any) -> None:
    endpoint = ml.sagemaker.endpoint("churn", variants={"a": 1, "b": 1})
    endpoint.on(variant="a").reply("from a")
    endpoint.on(variant="b").model_error(500, "b is broken").optional()
    endpoint.on(variant="b").reply("from b")
    for variant in ("a", "b"):
        found = client.invoke_endpoint(EndpointName="churn", Body=b"", TargetVariant=variant)
        assert found["Body"].read() == f"from {variant}".encode()


def test_weights_can_be_changed(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn", variants={"a": 1, "b": 0})
    assert invoked(client) == "a"
    ml.sagemaker.endpoint("churn", variants={"a": 0, "b": 1})
    assert invoked(client) == "b"


def test_shadow_variant_never_answers(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn", variants=["live"], shadow="dark")
    assert {invoked(client) for _ in range(20)} == {"live"}
    with pytest.raises(client.exceptions.ValidationError, match='Could not find variant "dark"'):
        invoked(client, TargetVariant="dark")


@pytest.mark.newer_botocore
def test_streams_and_async_invocations_select_variants(ml: MockML, client: Any) -> None:
    ml.sagemaker.endpoint("churn", variants={"a": 0, "b": 1})
    found = client.invoke_endpoint_with_response_stream(EndpointName="churn", Body=b"")
    assert found["InvokedProductionVariant"] == "b"
    later = ml.sagemaker.endpoint("later", variants=["a", "b"], async_output="s3://out/x")
    later.on(variant="a").reply("a").optional()
    later.on(variant="b").reply("b").optional()
    uris = [
        client.invoke_endpoint_async(EndpointName="later", Body=b"{}")["OutputLocation"]
        for _ in range(20)
    ]
    assert {ml.s3.get(uri) for uri in uris} == {b"a", b"b"}
