"""Processes that gevent patched before or after all other imports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PATCH_FIRST = "from gevent import monkey\n\nmonkey.patch_all()\n"
IMPORTS = """
import socket
import sys
import threading
import time

import boto3
import gevent
import requests
from gevent.pool import Pool

from mlmock import NotMocked, UnmatchedCall, mock_ml

NAME = "sagemaker-a2i-runtime"
FLOW = "arn:aws:sagemaker:us-east-1:123456789012:flow-definition/review"


def refuse(*args, **kwargs):
    raise AssertionError(f"a socket was opened, or a name looked up: {args}")


socket.socket.connect = refuse
socket.getaddrinfo = refuse
"""
# Without ssl: botocore has imported it already, so gevent warns and botocore would fail.
PATCH_LAST = """
from gevent import monkey

monkey.patch_all(ssl=False)
"""
CHECKS = """

def start(name):
    a2i = boto3.Session().client(NAME, "us-east-1")
    a2i.start_human_loop(
        HumanLoopName=name, FlowDefinitionArn=FLOW, HumanLoopInput={"InputContent": "{}"}
    )
    gevent.sleep(0)
    return a2i.describe_human_loop(HumanLoopName=name)["HumanLoopStatus"]


def predict(call):
    gevent.sleep(0)  # other greenlets run while a rule answers
    return {"x": call.json()}


before = boto3.client(NAME, "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
with mock_ml() as ml:
    names = [f"loop-{number}" for number in range(200)]
    assert set(Pool(50).map(start, names)) == {"InProgress"}
    assert len(ml.calls) == 400
    ml.sagemaker.endpoint("e").reply(predict)
    runtime = boto3.client("sagemaker-runtime", "us-east-1")

    def invoke(number):
        found = runtime.invoke_endpoint(EndpointName="e", Body=str(number).encode())
        return found["Body"].read()

    assert Pool(20).map(invoke, range(60)) == [b'{"x":%d}' % number for number in range(60)]
    rule = ml.on(NAME, "StopHumanLoop").reply(*[{}] * 7)
    stops = Pool(16).map(lambda _: before.stop_human_loop(HumanLoopName="loop-0"), range(7))
    assert (len(stops), rule.used) == (7, 7)
    url = before.generate_presigned_url("list_human_loops", Params={"FlowDefinitionArn": FLOW})
    answers = Pool(20).map(lambda _: requests.get(url, timeout=5).status_code, range(40))
    assert set(answers) == {200}
    now = ml.clock.now()
    ml.on(NAME).fail("ThrottlingException", times=2)
    before.list_human_loops(FlowDefinitionArn=FLOW)  # retried without sleeping
    assert ml.clock.now() > now
    thread = threading.Thread(target=start, args=("in-a-thread",))
    thread.start()
    thread.join()
    try:
        boto3.client("s3", "us-east-1").list_buckets()
    except NotMocked:
        ml.unmatched.clear()


def start_in_a_new_mock(number):
    with mock_ml():
        start(f"alone-{number}")
    return True


assert all(Pool(20).map(start_in_a_new_mock, range(60)))  # overlapping mocks
from botocore.endpoint import Endpoint  # noqa: E402

assert Endpoint._send.__module__ == "botocore.endpoint"
"""
ASYNC = """
from mlmock import InvalidRule


async def answer(call):
    return {"ok": True}


with mock_ml() as ml:
    ml.sagemaker.endpoint("e").reply(answer)
    runtime = boto3.client("sagemaker-runtime", "us-east-1")
    try:
        runtime.invoke_endpoint(EndpointName="e", Body=b"")
    except InvalidRule as error:
        assert "gevent has patched this process" in str(error)
    else:
        raise AssertionError("no InvalidRule was raised")
"""
SCRIPTS = {
    "patched first": PATCH_FIRST + IMPORTS + CHECKS,
    "patched last": IMPORTS + PATCH_LAST + CHECKS,
    "async callables are rejected": PATCH_FIRST + IMPORTS + ASYNC,
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_gevent(name: str, tmp_path: Path) -> None:
    file = tmp_path / "script.py"
    file.write_text(SCRIPTS[name])
    process = subprocess.run(
        [sys.executable, str(file)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stdout[-2000:] + process.stderr[-6000:]
