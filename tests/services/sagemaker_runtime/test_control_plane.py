"""Endpoint configurations read from describe calls, with members that moto lacks."""

from __future__ import annotations

from typing import Any

from mlmock.services.sagemaker_runtime.control_plane import config_of

ANSWERS: dict[str, Any] = {
    "describe_endpoint": {
        "EndpointConfigName": "config",
        "EndpointStatus": "Updating",
        "ProductionVariants": [{"VariantName": "a", "CurrentWeight": 0.25}],
    },
    "describe_endpoint_config": {
        "ProductionVariants": [{"VariantName": "a", "ModelName": "m", "InitialVariantWeight": 1.0}],
        "ShadowProductionVariants": [{"VariantName": "dark", "ModelName": "m"}],
    },
    "describe_model": {
        "Containers": [{"ContainerHostname": "tf"}, {"Image": "i"}],
        "InferenceExecutionConfig": {"Mode": "Direct"},
    },
}


def test_direct_containers_and_shadow_variants() -> None:
    config = config_of(lambda method, **names: ANSWERS[method], "churn")
    assert config is not None
    assert (config.containers, config.shadows, config.status) == (("tf",), ("dark",), "Updating")
    assert config.variants is not None
    assert repr(config.variants) == "Variants({'a': 0.25})"


def test_missing_endpoint() -> None:
    assert config_of(lambda method, **names: None, "churn") is None
