"""What a test suite pays besides its calls: mocks, imports, sessions, the pytest plugin."""

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

_PROCESSES = 15  # how many new processes time their imports
_PAIRS = 15  # how often one test with mlmock and one with moto are compared
_SUITES = 7  # how often each file of 50 tests is run
_PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov")

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
_ARN = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"
_FIXTURE_TESTS = f"""
import boto3, pytest

@pytest.mark.parametrize("turn", range(50))
def test_call(turn, mlmock):
    client = boto3.client("sagemaker-a2i-runtime")
    client.list_human_loops(FlowDefinitionArn="{_ARN}")
"""
_ONE_SESSION_TESTS = f"""
import io, boto3, pytest
from botocore.awsrequest import AWSResponse
from mlmock.interception.botocore.bodies import RawBody

KEYS = dict(aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1")
session = boto3.Session(**KEYS)

def respond(request, **kwargs):
    return AWSResponse(request.url, 200, {{"content-type": "application/json"}},
                       RawBody(b'{{"HumanLoopSummaries":[]}}'))

@pytest.mark.parametrize("turn", range(50))
def test_call(turn):
    client = session.client("sagemaker-a2i-runtime")
    client.meta.events.register("before-send", respond)
    client.list_human_loops(FlowDefinitionArn="{_ARN}")
"""
_MOTO_TESTS = """
import boto3, pytest
from moto import mock_aws

@pytest.mark.parametrize("turn", range(50))
@mock_aws
def test_call(turn):
    boto3.client("s3", region_name="us-east-1").list_buckets()
"""
# What replaces these constants where `benchmarks.compare` repeats all rows.
REDUCED = {
    "_PROCESSES": 4,
    "_PAIRS": 5,
    "_SUITES": 1,
    "_MOTO_TESTS": "def test_nothing(): pass",  # a row without a bar is not compared
}


def median_seconds(work: Callable[[], object], times: int) -> float:
    """Return the median wall time of `work`."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return statistics.median(found)


def empty_mock() -> None:
    with mock_ml():
        pass


def new_session() -> None:
    boto3.Session().client("sagemaker-a2i-runtime")


def printed(code: str) -> float:
    """Return the least of the numbers that `code` prints in new Python processes."""
    line = [sys.executable, "-c", code]
    return min(
        float(subprocess.run(line, check=True, capture_output=True).stdout)
        for _ in range(_PROCESSES)
    )


def suites() -> Iterator[Row]:
    """Compare files of 50 tests, each with a mock, a new client and a call, to one kept session."""
    texts = {"one session": _ONE_SESSION_TESTS, "mlmock": _FIXTURE_TESTS, "moto": _MOTO_TESTS}
    times: dict[str, list[float]] = {name: [] for name in texts}
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder, f"test_{name.replace(' ', '_')}.py") for name in texts}
        for name, file in files.items():
            file.write_text(texts[name])
        for _ in range(_SUITES):
            for name, file in files.items():
                times[name].append(_pytest_seconds(file))
    for name, bar in (("mlmock", 1.15), ("moto", None)):
        pairs = zip(times[name], times["one session"], strict=True)
        ratio = statistics.median(mine / base for mine, base in pairs)
        yield Row(f"a file of 50 tests, {name}", ratio, bar, "x one kept session")


def _pytest_seconds(file: Path) -> float:
    line = [sys.executable, *_PYTEST, str(file)]
    return median_seconds(
        lambda: subprocess.run(line, check=True, capture_output=True, cwd=file.parent), 1
    )


def mlmock_test() -> None:
    with mock_ml():
        client = boto3.client("sagemaker-a2i-runtime")
        client.list_human_loops(FlowDefinitionArn=_ARN)


def moto_test() -> None:
    from moto import mock_aws

    with mock_aws():
        boto3.client("s3", region_name="us-east-1").list_buckets()


def one_test() -> Row:
    """Compare a mock, a new default client and one call with the same test with moto."""
    mlmock_test()
    moto_test()
    pairs = [(median_seconds(mlmock_test, 5), median_seconds(moto_test, 1)) for _ in range(_PAIRS)]
    ratio = statistics.median(ours / theirs for ours, theirs in pairs)
    return Row("a test: mock, new client, one call", ratio, 0.125, "x the same with moto")


def rows() -> Iterator[Row]:
    for _ in range(20):
        empty_mock()
    yield Row("an empty mock", median_seconds(empty_mock, 2000) * 1e6, 35, "us")
    with mock_ml():
        new_session()
        yield Row(
            "a new session and client in a mock", median_seconds(new_session, 50) * 1e3, 4, "ms"
        )
    yield Row("import and first mock, after boto3", printed(_IMPORT), 4, "ms")
    yield Row("import of the pytest plugin", printed(_PLUGIN), 1, "ms")
    yield one_test()
    yield from suites()
