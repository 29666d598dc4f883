"""Endpoints in an active moto's `sagemaker`, asked through its public API."""

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
_NOTHING: Described = {}


def config_of(ask: ExternalCall, name: str) -> EndpointConfig | None:
    """Return how the endpoint `name` is set up, or None where there is none.

    DescribeEndpoint, its config and the models of its variants are asked for. A config that was
    deleted since (which AWS allows) leaves what the endpoint itself says.
    """
    endpoint = ask("describe_endpoint", EndpointName=name)
    if endpoint is None:
        return None
    config_name = endpoint["EndpointConfigName"]
    found = ask("describe_endpoint_config", EndpointConfigName=config_name)
    config = _NOTHING if found is None else found
    models = [model for model in _models(ask, config) if model is not None]
    return EndpointConfig(
        variants=_variants(endpoint, config),
        shadows=tuple(v["VariantName"] for v in config.get("ShadowProductionVariants", ())),
        multi_model=any(_is_multi_model(model) for model in models),
        containers=tuple(name for model in models for name in _hostnames(model)),
        later=_later(config),
        capture=_capture(config.get("DataCaptureConfig") or _NOTHING),
        serverless=any("ServerlessConfig" in v for v in config.get("ProductionVariants", ())),
        status=endpoint["EndpointStatus"],
    )


def _variants(endpoint: Described, config: Described) -> Variants | None:
    """Return the weights: those of the config, under those that have been changed since.

    A weight of 0 is missing in moto's endpoint, so the config's own comes first.
    """
    weights = {
        variant["VariantName"]: float(variant.get("InitialVariantWeight", 1.0))
        for variant in config.get("ProductionVariants", ())
    }
    for variant in endpoint.get("ProductionVariants", ()):
        name = variant["VariantName"]
        weights[name] = float(variant.get("CurrentWeight", weights.get(name, 1.0)))
    return Variants(weights) if weights else None


def _models(ask: ExternalCall, config: Described) -> Iterator[Described | None]:
    names = {v["ModelName"] for v in config.get("ProductionVariants", ()) if v.get("ModelName")}
    return (ask("describe_model", ModelName=name) for name in sorted(names))


def _is_multi_model(model: Described) -> bool:
    containers = [model.get("PrimaryContainer") or _NOTHING, *model.get("Containers", ())]
    return any(container.get("Mode") == "MultiModel" for container in containers)


def _hostnames(model: Described) -> list[str]:
    """Return the names of containers that are invoked directly."""
    if model.get("InferenceExecutionConfig", _NOTHING).get("Mode") != "Direct":
        return []
    return [c["ContainerHostname"] for c in model.get("Containers", ()) if "ContainerHostname" in c]


def _later(config: Described) -> AsyncConfig | None:
    said = config.get("AsyncInferenceConfig")
    if not said:
        return None
    output = said.get("OutputConfig", _NOTHING)
    told = output.get("NotificationConfig", _NOTHING)
    return AsyncConfig(
        output=output.get("S3OutputPath"),
        failure=output.get("S3FailurePath"),
        success_topic=told.get("SuccessTopic"),
        error_topic=told.get("ErrorTopic"),
        includes_response=frozenset(told.get("IncludeInferenceResponseIn", ())),
    )


def _capture(said: Described) -> Capture | None:
    on = said.get("EnableCapture") and said.get("DestinationS3Uri")
    return capture_of(said) if on else None
