"""No request or key of an asynchronous client reaches the network."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from datetime import datetime, timezone
from typing import Any

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.credentials import (
    AioCredentialResolver,
    AioCredentials,
    AioRefreshableCredentials,
)
from botocore.credentials import CredentialProvider
from botocore.exceptions import BotoCoreError

from mlmock import NotMocked, current, mock_ml
from tests.integration.aiobotocore.helpers import FLOW, loop, session

pytestmark = pytest.mark.anyio
NAME = "sagemaker-a2i-runtime"
KEYS = {"aws_access_key_id": "AKIAREALREALREALREAL", "aws_secret_access_key": "real-secret"}
NETWORK_ERROR = "opened a socket|onnect|resolve|Errno"
ENDPOINTS: dict[str, tuple[str, dict[str, Any]]] = {
    "regional": ("us-east-1", {}),
    "FIPS": ("us-east-1", {"config": AioConfig(use_fips_endpoint=True)}),
    "dual-stack": ("us-east-1", {"config": AioConfig(use_dualstack_endpoint=True)}),
    "VPC": (
        "us-east-1",
        {"endpoint_url": "https://vpce-0a.runtime.sagemaker.us-east-1.vpce.amazonaws.com"},
    ),
    "GovCloud": ("us-gov-west-1", {}),
    "China": ("cn-north-1", {}),
    "ISO": ("us-iso-east-1", {}),
}


def single_attempt(**more: Any) -> AioConfig:
    """Return client settings with a single attempt."""
    return AioConfig(retries={"total_max_attempts": 1}, **more)


def sessions() -> list[dict[str, Any]]:
    """Return the settings of every kind of HTTP session."""
    httpxsession = pytest.importorskip("aiobotocore.httpxsession")
    return [{}, {"http_session_cls": httpxsession.HttpxSession}]


@pytest.mark.parametrize("kind", ENDPOINTS)
async def test_every_endpoint_of_existing_and_new_clients(kind: str) -> None:
    region, more = ENDPOINTS[kind]
    async with AsyncExitStack() as stack:

        async def client(service: str, **extra: Any) -> Any:
            made = session().create_client(service, region, **extra)
            return await stack.enter_async_context(made)

        before = [await client("sagemaker-runtime", **KEYS, **more), await client("sqs", **KEYS)]
        async with mock_ml() as ml:
            ml.sagemaker.endpoint("e").reply(b"ok")
            inside = [await client("sagemaker-runtime", **more), await client("sqs")]
            for runtime, sqs in (before, inside):
                found = await runtime.invoke_endpoint(EndpointName="e", Body=b"{}")
                assert await found["Body"].read() == b"ok"
                assert ml.calls.last.region == region
                with pytest.raises(NotMocked):
                    await sqs.list_queues()
            ml.unmatched.clear()
        with pytest.raises(NotMocked, match="created inside a mock_ml that has ended"):
            await inside[0].invoke_endpoint(EndpointName="e", Body=b"{}")


@pytest.mark.filterwarnings("ignore:.*httpx2:DeprecationWarning")
async def test_existing_clients_are_restored_and_new_ones_raise_not_mocked() -> None:
    for options in sessions():
        made = session().create_client(NAME, "us-east-1", config=single_attempt(**options), **KEYS)
        async with made as before:
            async with mock_ml():
                await before.start_human_loop(**loop("one"))
                context = session().create_client(
                    "sqs", "us-east-1", config=single_attempt(**options)
                )
                inside = await context.__aenter__()
                with pytest.raises(NotMocked):
                    await inside.list_queues()

                current().unmatched.clear()
            with pytest.raises(BotoCoreError, match=NETWORK_ERROR):
                await before.list_human_loops(FlowDefinitionArn=FLOW)
            with pytest.raises(NotMocked):
                await inside.list_queues()
            await context.__aexit__(None, None, None)


@pytest.mark.filterwarnings("ignore:.*httpx2:DeprecationWarning")
async def test_passthrough_applies_to_the_named_services_only() -> None:
    for options in sessions():
        async with mock_ml(passthrough=["sqs"]) as ml:
            config = single_attempt(**options)
            async with session().create_client("sqs", "us-east-1", config=config, **KEYS) as sqs:
                with pytest.raises(BotoCoreError, match=NETWORK_ERROR):
                    await sqs.list_queues()
            async with session().create_client("sns", "us-east-1", config=config, **KEYS) as sns:
                with pytest.raises(NotMocked):
                    await sns.list_topics()
            async with session().create_client(NAME, "us-east-1", config=config) as a2i:
                await a2i.start_human_loop(**loop("one"))
            ml.unmatched.clear()


async def test_expired_keys_are_not_refreshed_or_exposed(
    ml: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def refresh() -> None:
        raise AssertionError("the keys were refreshed")

    expired = datetime(2020, 1, 1, tzinfo=timezone.utc)
    keys = AioRefreshableCredentials("AKIAREAL", "real-secret", "t", expired, refresh, "test")
    own_session = session()
    own_session._credentials = keys
    caplog.set_level(logging.DEBUG)
    async with own_session.create_client(NAME, "us-east-1") as client:
        sent_texts: list[str] = []
        client.meta.events.register(
            "before-send", lambda request, **_: sent_texts.append(f"{request.url}{request.headers}")
        )
        await client.start_human_loop(**loop("one"))
        params = {"FlowDefinitionArn": FLOW}
        sent_texts.append(await client.generate_presigned_url("list_human_loops", Params=params))
    everything = "".join(sent_texts) + caplog.text + repr(ml.calls) + repr(ml.calls.last.request)
    assert "Credential=123456789012" in everything
    assert "AKIAREAL" not in everything
    assert "real-secret" not in everything


async def test_machine_role_is_loaded_for_real_requests_only() -> None:
    asked: list[str] = []

    class Role(CredentialProvider):
        METHOD = "iam-role"

        async def load(self) -> Any:
            asked.append("role")
            return AioCredentials("AKIAOFTHEROLE", "secret")

    own_session = session()
    own_session.register_component("credential_provider", AioCredentialResolver([Role()]))
    async with mock_ml(passthrough=["sqs"]) as ml:
        async with own_session.create_client(NAME, "us-east-1") as a2i:
            await a2i.start_human_loop(**loop("one"))
        assert (asked, ml.calls.last.account_id) == ([], "123456789012")
        async with own_session.create_client("sqs", "us-east-1", config=single_attempt()) as sqs:
            sent: list[str] = []
            sqs.meta.events.register(
                "before-send", lambda request, **_: sent.append(str(request.headers))
            )
            with pytest.raises(BotoCoreError, match=NETWORK_ERROR):
                await sqs.list_queues()
    assert asked == ["role"]
    assert "AKIAOFTHEROLE" in sent[0]
