"""The handle `ml.sagemaker`: endpoints and asynchronous invocations."""

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
from mlmock.services.sagemaker_runtime.endpoint_handle import EndpointHandle
from mlmock.services.sagemaker_runtime.endpoint_options import check_name, parse_options
from mlmock.services.sagemaker_runtime.endpoints import Endpoints


@exposed("sagemaker.SageMaker", "endpoint invocation progress resources")
class SageMaker(ServiceHandle):
    """The handle of SageMaker Runtime, `ml.sagemaker`."""

    service = "sagemaker-runtime"

    def __repr__(self) -> str:
        return f"<sagemaker: {len(self.state.shared(Endpoints).declared())} endpoints declared>"

    def resources(self) -> list[Resource]:
        """Return the declared endpoints and the active asynchronous invocations for display."""
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
    ) -> EndpointHandle:
        """Return the endpoint `name`, and declare it if it is new or was deleted.

        Options that are given change the endpoint; the others keep their values. Any of
        `async_output`, `async_failure`, `success_topic`, `error_topic` and `include_response_in`
        makes the endpoint asynchronous.

        Args:
            name: The name of the endpoint.
            variants: Production variants with their weights, or names with equal weights. The
                default is one variant, AllTraffic.
            shadow: Names of shadow variants.
            multi_model: True if every target model exists, or the target models that exist.
            containers: Host names of containers that are invoked directly.
            components: Names of inference components.
            async_output: The S3 prefix of asynchronous output.
            async_failure: The S3 prefix of asynchronous failures.
            success_topic: The ARN of the SNS topic for successes.
            error_topic: The ARN of the SNS topic for failures.
            include_response_in: SUCCESS_NOTIFICATION_TOPIC, ERROR_NOTIFICATION_TOPIC or both.
            sessions: The lifetime of sessions in seconds, or True for 1200 seconds.
            data_capture: An S3 prefix or a DataCaptureConfig.
            serverless: Whether the endpoint is serverless, with a limit of 4 MiB per body.
            status: The EndpointStatus.

        Raises:
            ValueError: The name or an option is not valid.
        """
        check_name(name, "an endpoint")
        options = {k: v for k, v in locals().items() if k not in ("self", "name") and v is not None}
        endpoints = self.state.shared(Endpoints)
        endpoint = endpoints.declare(name, self.at, {})
        if options or endpoint.deleted:
            endpoint = endpoints.declare(name, self.at, parse_options(endpoint.config, options))
        return EndpointHandle(self, endpoint)

    def invocation(self, inference_id: str) -> AsyncInvocationHandle:
        """Return the active asynchronous invocation with `inference_id`.

        Raises:
            InvalidRule: No active invocation has this InferenceId.
        """
        for backend in self.backends():
            for job in reversed(list(backend.jobs.values())):
                if job.inference_id == inference_id:
                    return AsyncInvocationHandle(job)
        raise InvalidRule(f"no asynchronous invocation {inference_id!r} is active")
