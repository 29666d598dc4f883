"""`ml.sagemaker`: endpoints, what their models answer, and their asynchronous work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mlmock.aws.scope import Scope
from mlmock.errors import InvalidRule
from mlmock.exposed import exposed
from mlmock.reporting.resource import Resource
from mlmock.services.common.handle import ServiceHandle
from mlmock.services.sagemaker_runtime.async_handle import AsyncInvocationHandle
from mlmock.services.sagemaker_runtime.async_invocations import INVOCATION
from mlmock.services.sagemaker_runtime.endpoint_handle import ScriptedEndpoint
from mlmock.services.sagemaker_runtime.endpoint_options import config_said, name_said
from mlmock.services.sagemaker_runtime.endpoints import Endpoints


@exposed("sagemaker.SageMaker", "endpoint invocation progress resources")
class SageMaker(ServiceHandle):
    """Endpoints: declare them, and say what their models answer."""

    service = "sagemaker-runtime"

    def __repr__(self) -> str:
        return f"<sagemaker: {len(self.state.shared(Endpoints).declared())} endpoints declared>"

    def resources(self) -> list[Resource]:
        """Return the declared endpoints, and the asynchronous invocations under way."""
        options = self.state.context.options
        found = [
            Resource(
                "endpoint",
                endpoint.name,
                endpoint.config.status,
                Scope(
                    account_id=endpoint.at.account_id or options.account_id,
                    region=endpoint.at.region or options.region,
                ),
            )
            for endpoint in self.state.shared(Endpoints).declared()
        ]
        return [r for r in found if self.at.covers(r.scope)] + [
            Resource(
                INVOCATION.name,
                job.inference_id,
                job.status,
                backend.scope,
                INVOCATION,
                (("sagemaker", ()), ("invocation", (job.inference_id,))),
            )
            for backend in self.backends()
            for job in backend.jobs.values()
        ]

    def endpoint(
        self,
        name: str,
        *,
        variants: Mapping[str, float] | Iterable[str] | None = None,
        shadow: str | Iterable[str] | None = None,
        multi_model: bool | Iterable[str] | None = None,
        containers: Iterable[str] | None = None,
        components: Iterable[str] | None = None,
        async_output: str | None = None,
        async_failure: str | None = None,
        success_topic: str | None = None,
        error_topic: str | None = None,
        include_response_in: Iterable[str] | None = None,
        sessions: bool | float | None = None,
        data_capture: str | Mapping[str, Any] | None = None,
        serverless: bool | None = None,
        status: str | None = None,
    ) -> ScriptedEndpoint:
        """Return the endpoint `name`, declared if it is new; what is said changes it.

        `variants`: production variants by name, with weights or of equal weight (AllTraffic);
        `shadow`: names of shadow variants; `multi_model`: True for any target model, or those that
        exist; `containers`: host names invoked directly; `components`: inference components;
        `async_output`, `async_failure`: S3 prefixes, and `success_topic`, `error_topic`: ARNs of
        SNS topics, each of which makes it asynchronous; `include_response_in`: as AWS names them;
        `sessions`: True (for 1200 seconds) or seconds that a session lives; `data_capture`: an S3
        prefix or a DataCaptureConfig; `serverless`: True for 4 MiB; `status`: as DescribeEndpoint
        shows it. ValueError for what no endpoint is.
        """
        name_said(name, "an endpoint")
        said = {k: v for k, v in locals().items() if k not in ("self", "name") and v is not None}
        endpoints = self.state.shared(Endpoints)
        endpoint = endpoints.declare(name, self.at, {})
        if said or endpoint.deleted:
            endpoint = endpoints.declare(name, self.at, config_said(endpoint.config, said))
        return ScriptedEndpoint(self, endpoint)

    def invocation(self, inference_id: str) -> AsyncInvocationHandle:
        """Return the asynchronous invocation under way with `inference_id`; InvalidRule if none is.

        `.finish()` ends it as the model answered, `.complete(answer)` and `.fail(...)` otherwise.
        """
        for backend in self.backends():
            for job in reversed(list(backend.jobs.values())):
                if job.inference_id == inference_id:
                    return AsyncInvocationHandle(job)
        raise InvalidRule(f"no asynchronous invocation {inference_id} is under way")
