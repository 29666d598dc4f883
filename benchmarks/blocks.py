"""Blocks, imports, sessions, tests: what a suite pays around its calls."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3

from benchmarks.paired import Row
from mlmock import mock_ml

_REPEATS = 15


def best(work: Callable[[], object], times: int) -> float:
    """Return the median seconds of `work`."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def empty_block() -> None:
    with mock_ml():
        pass


def fresh_session() -> None:
    boto3.Session().client("sagemaker-a2i-runtime")


def seconds_of(*arguments: str) -> float:
    """Return the median wall time of a Python of its own."""
    return best(lambda: subprocess.run([sys.executable, *arguments], check=True), _REPEATS)


_IMPORT = """
import time, boto3
start = time.perf_counter()
from mlmock import mock_ml
with mock_ml():
    pass
print((time.perf_counter() - start) * 1000)
"""
_PLUGIN = """
import time, pytest
start = time.perf_counter()
import mlmock.pytest_plugin
print((time.perf_counter() - start) * 1000)
"""


def printed(code: str) -> float:
    """Return the median of the number that `code` prints in a Python of its own."""
    outs = [
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
        for _ in range(_REPEATS)
    ]
    return statistics.median(outs)


_ARN = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"
_OURS = f"""
import boto3, pytest

@pytest.mark.parametrize("turn", range(50))
def test_call(turn, mlmock):
    client = boto3.client("sagemaker-a2i-runtime")
    client.list_human_loops(FlowDefinitionArn="{_ARN}")
"""
_KEPT = f"""
import io, boto3, pytest
from botocore.awsrequest import AWSResponse
from mlmock.interception.botocore.bodies import Body

KEYS = dict(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
session = boto3.Session(**KEYS)

def answer(request, **kwargs):
    return AWSResponse(request.url, 200, {{"content-type": "application/json"}},
                       Body(b'{{"HumanLoopSummaries":[]}}'))

@pytest.mark.parametrize("turn", range(50))
def test_call(turn):
    client = session.client("sagemaker-a2i-runtime")
    client.meta.events.register("before-send", answer)
    client.list_human_loops(FlowDefinitionArn="{_ARN}")
"""
_MOTO = """
import boto3, pytest
from moto import mock_aws

@pytest.mark.parametrize("turn", range(50))
@mock_aws
def test_call(turn):
    boto3.client("s3", region_name="us-east-1").list_buckets()
"""


def fifty_tests() -> Iterator[Row]:
    """A file of 50 tests, each with the fixture, a fresh default client and one call."""
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for name, text in (("kept", _KEPT), ("ours", _OURS), ("moto", _MOTO)):
            files[name] = Path(folder, f"test_{name}.py")
            files[name].write_text(text)
        run = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov")
        times: dict[str, list[float]] = {name: [] for name in files}
        for _ in range(7):
            for name, file in files.items():
                begin = time.perf_counter()
                subprocess.run(
                    [sys.executable, *run, str(file)], check=True, capture_output=True, cwd=folder
                )
                times[name].append(time.perf_counter() - begin)
    for name, bar in (("ours", 1.15), ("moto", None)):
        pairs = zip(times[name], times["kept"], strict=True)
        ratio = statistics.median(mine / base for mine, base in pairs)
        yield Row(f"a file of 50 tests, {name}", ratio, bar, "x one kept session")


def our_test() -> None:
    with mock_ml():
        client = boto3.client("sagemaker-a2i-runtime")
        client.list_human_loops(FlowDefinitionArn=_ARN)


def motos_test() -> None:
    from moto import mock_aws

    with mock_aws():
        boto3.client("s3", region_name="us-east-1").list_buckets()


def one_test() -> Row:
    """A block, a fresh default client and one call, in part of the time that moto takes."""
    our_test()
    motos_test()
    pairs = [(best(our_test, 5), best(motos_test, 1)) for _ in range(15)]
    share = statistics.median(ours / theirs for ours, theirs in pairs)
    return Row("a test: block, fresh client, one call", share, 0.125, "x the same with moto")


def rows() -> Iterator[Row]:
    for _ in range(20):
        empty_block()
    yield Row("an empty block", best(empty_block, 2000) * 1e6, 35, "us")
    with mock_ml():
        fresh_session()
        yield Row("a fresh session and client in a block", best(fresh_session, 50) * 1e3, 4, "ms")
    yield Row("import and first block, after boto3", printed(_IMPORT), 4, "ms")
    yield Row("the plugin in a run without it", printed(_PLUGIN), 1, "ms")
    yield one_test()
    yield from fifty_tests()
