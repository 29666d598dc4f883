"""Every operation of every rest-json service that we hold, as far as its model is at hand."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import UnknownServiceError

from mlmock.aws.protocol.compiler import plan_of
from mlmock.aws.protocol.rest_json import Operation
from mlmock.aws.spec.loader import service_model

# service -> revision -> what it is made of. Operations that the installed botocore lacks are
# skipped by name; ones that it has beyond these are tested as well.
HELD: dict[tuple[str, str | None], list[str]] = {
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
# botocore takes the method of an operation with an event stream in its request off its clients.
NOT_CALLABLE = {"InvokeModelWithBidirectionalStream"}


def _models() -> Iterator[Any]:
    for (service, revision), names in HELD.items():
        try:
            model = service_model(service, revision)
        except UnknownServiceError:
            model = None
        known = [] if model is None else [n for n in model.operation_names if n not in NOT_CALLABLE]
        label = f"{service}@{revision}" if revision else service
        for name in sorted({*names, *known}):
            yield _param(f"{label}.{name}", model.operation_model(name) if name in known else None)


def _param(label: str, model: Any) -> Any:
    if model is None:
        reason = f"the installed botocore has no {label}"
        return pytest.param(None, id=label, marks=pytest.mark.skip(reason=reason))
    return pytest.param(plan_of(model), id=label)


EVERY = list(_models())
STREAMING = [p for p in EVERY if p.values[0] is not None and p.values[0].event_stream is not None]

every_operation = pytest.mark.parametrize("operation", EVERY)
every_stream = pytest.mark.parametrize("operation", STREAMING)


def known() -> list[Operation]:
    """Return the operations that are at hand."""
    return [param.values[0] for param in EVERY if param.values[0] is not None]
