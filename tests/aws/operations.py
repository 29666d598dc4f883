"""Every operation of every mocked rest-json service that the installed botocore knows."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import UnknownServiceError

from mlmock.aws.protocol.compiler import compiled_operation
from mlmock.aws.protocol.rest_json import Operation
from mlmock.aws.spec.loader import service_model

# (service, revision) -> operations. Operations that the installed botocore lacks are skipped by
# name; operations that it has in addition are tested as well.
OPERATIONS: dict[tuple[str, str | None], list[str]] = {
    ("sagemaker-a2i-runtime", None): [
        "DeleteHumanLoop",
        "DescribeHumanLoop",
        "ListHumanLoops",
        "StartHumanLoop",
        "StopHumanLoop",
    ],
    ("sagemaker-runtime", None): [
        "InvokeEndpoint",
        "InvokeEndpointAsync",
        "InvokeEndpointWithResponseStream",
    ],
    ("bedrock-runtime", None): [
        "ApplyGuardrail",
        "Converse",
        "ConverseStream",
        "CountTokens",
        "GetAsyncInvoke",
        "InvokeGuardrailChecks",
        "InvokeModel",
        "InvokeModelWithResponseStream",
        "ListAsyncInvokes",
        "StartAsyncInvoke",
    ],
    ("lookoutvision", "2020-11-20"): [],
    ("lookoutvision", "2020-12-preview"): [],
}
# botocore clients have no method for an operation with an event stream in its request.
NOT_CALLABLE = {"InvokeModelWithBidirectionalStream"}


def _models() -> Iterator[Any]:
    for (service, revision), names in OPERATIONS.items():
        try:
            model = service_model(service, revision)
        except UnknownServiceError:
            model = None
        available_operations = (
            [] if model is None else [n for n in model.operation_names if n not in NOT_CALLABLE]
        )
        label = f"{service}@{revision}" if revision else service
        for name in sorted({*names, *available_operations}):
            yield _param(
                f"{label}.{name}",
                model.operation_model(name) if name in available_operations else None,
            )


def _param(label: str, model: Any) -> Any:
    if model is None:
        reason = f"the installed botocore has no {label}"
        return pytest.param(None, id=label, marks=pytest.mark.skip(reason=reason))
    return pytest.param(compiled_operation(model), id=label)


EVERY = list(_models())
STREAMING = [p for p in EVERY if p.values[0] is not None and p.values[0].event_stream is not None]

every_operation = pytest.mark.parametrize("operation", EVERY)
every_stream = pytest.mark.parametrize("operation", STREAMING)


def available_operations() -> list[Operation]:
    """Return the operations that the installed botocore has."""
    return [param.values[0] for param in EVERY if param.values[0] is not None]
