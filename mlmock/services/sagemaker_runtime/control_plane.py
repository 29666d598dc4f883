"""Endpoints of an active moto's `sagemaker`, read through its public API."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlmock.engine.state import ExternalCall
from mlmock.services.sagemaker_runtime.endpoint_config import (
    AsyncConfig,
    Capture,
    EndpointConfig,
    Variants,
    capture_of,
)

Described = Mapping[str, Any]
_EMPTY: Described = {}


def config_of(describe: ExternalCall, name: str) -> EndpointConfig | None:
    """Return the configuration of the endpoint `name`, or None if it does not exist.

    This describes the endpoint, its configuration and the models of its variants. AWS allows to
    delete the configuration of an endpoint in use; only the variants of the endpoint remain then.

    Args:
        describe: A function that calls an operation of the control plane.
        name: The name of the endpoint.
    """
    endpoint = describe("describe_endpoint", EndpointName=name)
    if endpoint is None:
        return None
    config_name = endpoint["EndpointConfigName"]
    described = describe("describe_endpoint_config", EndpointConfigName=config_name)
    config = _EMPTY if described is None else described
    models = [model for model in _models(describe, config) if model is not None]
    return EndpointConfig(
        variants=_variants(endpoint, config),
        shadows=tuple(v["VariantName"] for v in config.get("ShadowProductionVariants", ())),
        multi_model=any(_is_multi_model(model) for model in models),
        containers=tuple(name for model in models for name in _hostnames(model)),
        async_config=_async_config(config),
        capture=_capture(config.get("DataCaptureConfig") or _EMPTY),
        serverless=any("ServerlessConfig" in v for v in config.get("ProductionVariants", ())),
        status=endpoint["EndpointStatus"],
    )


def _variants(endpoint: Described, config: Described) -> Variants | None:
    """Return the variants with their current weights.

    The weights of the configuration are the defaults, because moto's endpoint omits a weight of 0.
    """
    weights = {
        variant["VariantName"]: float(variant.get("InitialVariantWeight", 1.0))
        for variant in config.get("ProductionVariants", ())
    }
    for variant in endpoint.get("ProductionVariants", ()):
        name = variant["VariantName"]
        weights[name] = float(variant.get("CurrentWeight", weights.get(name, 1.0)))
    return Variants(weights) if weights else None


def _models(describe: ExternalCall, config: Described) -> Iterator[Described | None]:
    names = {v["ModelName"] for v in config.get("ProductionVariants", ()) if v.get("ModelName")}
    return (describe("describe_model", ModelName=name) for name in sorted(names))


def _is_multi_model(model: Described) -> bool:
    containers = [model.get("PrimaryContainer") or _EMPTY, *model.get("Containers", ())]
    return any(container.get("Mode") == "MultiModel" for container in containers)


def _hostnames(model: Described) -> list[str]:
    """Return the names of containers that are invoked directly."""
    if model.get("InferenceExecutionConfig", _EMPTY).get("Mode") != "Direct":
        return []
    return [c["ContainerHostname"] for c in model.get("Containers", ()) if "ContainerHostname" in c]


def _async_config(config: Described) -> AsyncConfig | None:
    settings = config.get("AsyncInferenceConfig")
    if not settings:
        return None
    output = settings.get("OutputConfig", _EMPTY)
    notification = output.get("NotificationConfig", _EMPTY)
    return AsyncConfig(
        output=output.get("S3OutputPath"),
        failure=output.get("S3FailurePath"),
        success_topic=notification.get("SuccessTopic"),
        error_topic=notification.get("ErrorTopic"),
        includes_response=frozenset(notification.get("IncludeInferenceResponseIn", ())),
    )


def _capture(settings: Described) -> Capture | None:
    on = settings.get("EnableCapture") and settings.get("DestinationS3Uri")
    return capture_of(settings) if on else None
