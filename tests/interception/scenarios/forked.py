"""A process forks while other threads are inside the mock: its child goes on, and leaks nothing."""

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
warnings.filterwarnings("ignore", ".*fork", DeprecationWarning)  # of a process that has threads
before = boto3.client(NAME, "us-east-1", **KEYS)
held, over = threading.Event(), threading.Event()


def hold() -> None:
    """Be inside of everything that has a lock while the process forks."""
    block = active.RUNNING[-1]
    with active.LOCK, block.world.lock, block.world.book.lock:
        held.set()
        over.wait(60)


with mock_ml() as ml:
    start(before, "by-the-parent")
    rule = ml.on(NAME, "StopHumanLoop").reply({}).optional()
    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(60)
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
    over.set()
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert names(before) == ["by-the-parent"]
    assert rule.used == 0
