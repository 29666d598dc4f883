"""Test runners and their plugins with the fixture, the decorator and the context manager."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PREAMBLE = """
import boto3
import pytest
from aiobotocore.session import get_session

from mlmock import current, mock_ml

NAME = "sagemaker-a2i-runtime"
FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"
LOOP = {"FlowDefinitionArn": FLOW, "HumanLoopInput": {"InputContent": "{}"}}


def start(name):
    boto3.client(NAME).start_human_loop(HumanLoopName=name, **LOOP)


async def start_async(name):
    async with get_session().create_client(NAME) as client:
        await client.start_human_loop(HumanLoopName=name, **LOOP)
"""
ASYNC = """
@MARK
async def test_fixture(mlmock):
    await start_async("one")
    assert len(mlmock.calls) == 1


@MARK
@mock_ml
async def test_decorator(ml):
    await start_async("one")
    assert current() is ml


@MARK
@mock_ml(region="eu-west-1")
@pytest.mark.parametrize("name", ["a", "b"])
async def test_parameters_with_the_handle(name, ml):
    async with get_session().create_client(NAME) as client:
        assert client.meta.region_name == "eu-west-1"


@MARK
async def test_context_manager():
    async with mock_ml() as ml:
        await start_async("one")
        start("two")
        assert len(ml.calls) == 2


@FIXTURE
async def own_mock():
    async with mock_ml() as ml:
        await start_async("from the fixture".replace(" ", "-"))
        yield ml


@MARK
async def test_own_fixture(own_mock):
    await start_async("one")
    assert len(own_mock.calls) == 2


@MARK
@pytest.mark.mlmock(region="eu-west-1")
async def test_marker(mlmock):
    async with get_session().create_client(NAME) as client:
        assert client.meta.region_name == "eu-west-1"
"""
SYNC = """
@pytest.mark.parametrize("number", range(40))
def test_every_test_has_its_own_state(number, mlmock):
    start("one")
    assert len(mlmock.calls) == 1


@mock_ml
def test_decorated(ml):
    start("one")
    assert len(ml.calls) == 1


class TestClass:
    def test_one(self, mlmock):
        start("one")


def test_failing(mlmock):
    start("one")
    assert False
"""
TRIO = """
from aiobotocore.config import AioConfig
from aiobotocore.httpxsession import HttpxSession


@pytest.mark.anyio
async def test_httpx_on_asyncio_and_trio(mlmock, anyio_backend_name):
    import sniffio

    async def answer(call):
        import anyio

        await anyio.sleep(0)
        return {"by": sniffio.current_async_library()}

    mlmock.sagemaker.endpoint("e").reply(answer)
    config = AioConfig(http_session_cls=HttpxSession, retries={"mode": "standard"})
    mlmock.on("sagemaker-runtime").fail("ThrottlingException", times=2)
    async with get_session().create_client("sagemaker-runtime", config=config) as client:
        found = await client.invoke_endpoint(EndpointName="e", Body=b"")
        assert anyio_backend_name.encode() in await found["Body"].read()
        mlmock.sagemaker.endpoint("s").stream([b"a", b"b"])
        found = await client.invoke_endpoint_with_response_stream(EndpointName="s", Body=b"")
        assert len([event async for event in found["Body"]]) == 2
"""


def run(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a test file in its own process."""
    file = folder / "test_it.py"
    file.write_text(PREAMBLE + text)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, str(file)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def passed(process: subprocess.CompletedProcess[str], count: int) -> bool:
    """Return whether `count` tests passed; fail with the output if any test failed."""
    assert process.returncode == 0, process.stdout[-4000:] + process.stderr
    return f"{count} passed" in process.stdout


@pytest.mark.parametrize("mode", ["strict", "auto"])
def test_pytest_asyncio(tmp_path: Path, mode: str) -> None:
    mark = "pytest.mark.asyncio" if mode == "strict" else "lambda test: test"
    fixture = "pytest_asyncio.fixture" if mode == "strict" else "pytest.fixture"
    text = f"import pytest_asyncio\n{ASYNC}".replace("@MARK", f"@({mark})")
    process = run(tmp_path, text.replace("@FIXTURE", f"@{fixture}"), f"--asyncio-mode={mode}")
    assert passed(process, 7)


def test_anyio(tmp_path: Path) -> None:
    backend = "\n\n@pytest.fixture\ndef anyio_backend():\n    return 'asyncio'\n"
    text = ASYNC.replace("@MARK", "@pytest.mark.anyio").replace("@FIXTURE", "@pytest.fixture")
    assert passed(run(tmp_path, text + backend, "-p", "no:asyncio"), 7)


def test_anyio_on_trio(tmp_path: Path) -> None:
    assert passed(run(tmp_path, TRIO, "-p", "no:asyncio"), 2)


def test_pytest_xdist(tmp_path: Path) -> None:
    process = run(tmp_path, SYNC, "-n", "2")
    assert "1 failed, 42 passed" in process.stdout, process.stdout
    assert "mlmock: calls made by this test" in process.stdout
    assert "start_human_loop" in process.stdout


def test_pytest_socket(tmp_path: Path) -> None:
    text = SYNC.partition("def test_failing")[0] + PRESIGNED
    assert passed(run(tmp_path, text, "--disable-socket"), 43)


PRESIGNED = """
def test_presigned(mlmock):
    import requests

    params = {"FlowDefinitionArn": FLOW}
    url = boto3.client(NAME).generate_presigned_url("list_human_loops", Params=params)
    assert requests.get(url, timeout=5).status_code == 200
"""


def test_pytest_socket_with_async_clients(tmp_path: Path) -> None:
    """An event loop needs its own pair of sockets, which `--allow-unix-socket` permits."""
    text = ASYNC.replace("@MARK", "@pytest.mark.asyncio").replace("@FIXTURE", "@asyncio_fixture")
    text = f"from pytest_asyncio import fixture as asyncio_fixture\n{text}"
    assert passed(run(tmp_path, text, "--disable-socket", "--allow-unix-socket"), 7)
