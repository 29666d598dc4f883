"""moto beside us: what our calls cost with it, and what its calls cost with us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from benchmarks.calls import describe, inside
from benchmarks.floor import client
from benchmarks.paired import Around, Row, rounds_of
from mlmock import mock_ml

_SERVICE = "sagemaker-a2i-runtime"


def beside_moto(around: Around) -> Around:
    """Run a batch in what `around` makes, with moto active."""
    from moto import mock_aws

    @contextmanager
    def both() -> Iterator[object]:
        with mock_aws(), around() as ml:
            yield ml

    return both


def without_moto(caller: Any) -> Any:
    """Return a client that moto knows nothing of, even where moto had been imported before."""
    from moto.core.models import botocore_stubber

    caller.meta.events.unregister("before-send", botocore_stubber)
    return caller


def rows() -> Iterator[Row]:
    alone, beside = without_moto(client(_SERVICE)), client(_SERVICE)
    found = rounds_of(
        describe(alone),
        {"moto": describe(beside)},
        around={"floor": inside(), "moto": beside_moto(inside())},
        rounds=41,
    )
    yield Row("ours with moto active", found["moto"].ratio, 1.01, "x ours without")
    s3 = client("s3")
    found = rounds_of(
        s3.list_buckets,
        {"us": s3.list_buckets},
        around={
            "floor": beside_moto(nullcontext),
            "us": beside_moto(lambda: mock_ml(memos=False)),
        },
        rounds=41,
    )
    yield Row("moto's S3 while a mock runs, without memos", found["us"].ratio, 1.01, "x without us")
