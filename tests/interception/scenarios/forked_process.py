"""A process forks while another thread holds the locks of the mock; the child can use it."""

from tests.interception.isolated_process import KEYS, NAME, names, start

# isort: split
import os
import threading
import warnings

import boto3

from mlmock import mock_ml
from mlmock.engine import active

if not hasattr(os, "fork"):
    raise SystemExit(0)
warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)  # raised for a process with threads
before = boto3.client(NAME, "us-east-1", **KEYS)
locked, finished = threading.Event(), threading.Event()


def hold_locks() -> None:
    """Hold every lock while the process forks."""
    context = active.ACTIVE[-1]
    with active.LOCK, context.state.lock, context.state.rules.lock:
        locked.set()
        finished.wait(60)


with mock_ml() as ml:
    start(before, "by-the-parent")
    rule = ml.on(NAME, "StopHumanLoop").reply({}).optional()
    thread = threading.Thread(target=hold_locks)
    thread.start()
    locked.wait(60)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            start(before, "by-the-child")
            before.stop_human_loop(HumanLoopName="by-the-child")
            with mock_ml():
                start(boto3.client(NAME, "us-east-1"), "inner")
            assert names(before) == ["by-the-parent", "by-the-child", "inner"]
            code = 0
        finally:
            os._exit(code)
    finished.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert names(before) == ["by-the-parent"]
    assert rule.used == 0
