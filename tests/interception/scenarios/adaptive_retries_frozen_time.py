"""Adaptive retries do not hang while freezegun or time-machine freezes the time."""

from tests.interception.isolated_process import KEYS, NAME, names, start

# isort: split
import datetime
import faulthandler

import boto3
import time_machine
from botocore.config import Config
from freezegun import freeze_time

from mlmock import mock_ml

faulthandler.dump_traceback_later(30, exit=True)
config = Config(retries={"mode": "adaptive", "total_max_attempts": 4})
old = boto3.client(NAME, "us-east-1", config=config, **KEYS)

with mock_ml() as ml, freeze_time("2026-03-01 12:00:00"):
    client = boto3.client(NAME, "us-east-1", config=config, **KEYS)
    ml.on(NAME, "StartHumanLoop").fail("ThrottlingException", times=3)
    for number, a2i in enumerate((old, client) * 10):
        start(a2i, f"loop-{number}")
    assert len(ml.calls) == 23
    waited = ml.clock.now() - datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.timezone.utc)
    assert datetime.timedelta(seconds=1) < waited < datetime.timedelta(minutes=5), waited

with freeze_time("2026-03-01"), mock_ml() as ml:
    ml.on(NAME).fail("ThrottlingException", times=3)
    assert names(old) == []
    assert ml.calls[0].started_at >= 1772323200

with time_machine.travel(datetime.datetime(2030, 1, 1), tick=False), mock_ml() as ml:
    ml.on(NAME).fail("ThrottlingException", times=3)
    assert names(client) == []
    assert ml.clock.now().year == 2030
