"""botocore's retries run with the attempts of every mode, without sleeping."""

from tests.interception.isolated_process import KEYS, NAME, names, raises, start

# isort: split
import datetime
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from mlmock import error, mock_ml

FAILURES: Any = (
    (ReadTimeoutError, "timeout", {}),
    (ConnectTimeoutError, "timeout", {"connect": True}),
    (EndpointConnectionError, "unreachable", {}),
)
ATTEMPTS = {"legacy": 5, "standard": 3, "adaptive": 3}


def client(mode: str, **retries: Any) -> Any:
    """Return a client that retries in `mode`."""
    settings: Any = {"mode": mode, **retries}
    config = Config(retries=settings, connect_timeout=3, read_timeout=7)
    return boto3.client(NAME, "us-east-1", config=config, **KEYS)


old = {mode: client(mode) for mode in ATTEMPTS}
now = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
for mode, attempts in ATTEMPTS.items():
    for a2i in (old[mode], None):
        with mock_ml(now=now) as ml:
            a2i = a2i or client(mode)
            # every attempt fails: as many attempts as the mode makes
            rule = ml.on(NAME, "StartHumanLoop").fail("ThrottlingException", "Slow down.")
            failure = raises(ClientError, start, a2i)
            assert failure.response["Error"] == {
                "Code": "ThrottlingException",
                "Message": "Slow down.",
            }
            assert failure.response["ResponseMetadata"]["RetryAttempts"] == attempts - 1
            assert [call.attempt for call in ml.calls] == list(range(1, attempts + 1))
            assert rule.used == attempts
            assert ml.clock.now() > now  # the back-off advanced the virtual clock

        with mock_ml(now=now) as ml:
            # fails twice, then answers
            ml.on(NAME, "ListHumanLoops").fail("InternalServerException", times=2)
            assert names(a2i) == []
            assert [call.attempt for call in ml.calls] == [1, 2, 3]

        # errors that are not retryable are not retried
        with mock_ml(now=now) as ml:
            ml.on(NAME, "ListHumanLoops").fail("ValidationException", "no")
            raises(ClientError, names, a2i)
            assert len(ml.calls) == 1
            if mode != "adaptive":  # in adaptive mode the client is still rate limited
                assert ml.clock.now() == now

    for kind, failure, more in FAILURES:
        with mock_ml() as ml:
            getattr(ml.on(NAME), failure)(**more)
            raises(kind, names, client(mode, total_max_attempts=2))
            assert len(ml.calls) == 2, (mode, kind, len(ml.calls))

    with mock_ml() as ml:
        ml.on(NAME, "ListHumanLoops").reply(
            error("ServiceUnavailableException", status=503),
            {"HumanLoopSummaries": []},
        )
        assert names(client(mode)) == []
        assert len(ml.calls) == 2

# the retry quota of the standard mode is exhausted
with mock_ml() as ml:
    ml.on(NAME).fail("ThrottlingException")
    exhausted = client("standard", total_max_attempts=10)
    counts = []
    for _ in range(20):
        before = len(ml.calls)
        raises(ClientError, names, exhausted)
        counts.append(len(ml.calls) - before)
    assert counts[0] == 10
    assert counts[-1] == 1
