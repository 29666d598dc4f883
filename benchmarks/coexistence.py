"""moto and mlmock active together: what each adds to the other's calls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from benchmarks.baseline import client
from benchmarks.calls import describe, inside
from benchmarks.paired import Around, Row, rounds_of
from mlmock import mock_ml

_SERVICE = "sagemaker-a2i-runtime"


def in_moto(around: Around) -> Around:
    """Run the calls in the context `around`, with moto active as well."""
    from moto import mock_aws

    @contextmanager
    def both() -> Iterator[object]:
        with mock_aws(), around() as ml:
            yield ml

    return both


def without_moto(caller: Any) -> Any:
    """Return the client without moto's handler, which clients get once moto is imported."""
    from moto.core.models import botocore_stubber

    caller.meta.events.unregister("before-send", botocore_stubber)
    return caller


def rows() -> Iterator[Row]:
    alone, beside_moto = without_moto(client(_SERVICE)), client(_SERVICE)
    found = rounds_of(
        describe(alone),
        {"moto": describe(beside_moto)},
        around={"baseline": inside(), "moto": in_moto(inside())},
        rounds=41,
    )
    yield Row("describe_human_loop with moto active", found["moto"].ratio, 1.01, "x without moto")
    s3 = client("s3")
    found = rounds_of(
        s3.list_buckets,
        {"mlmock": s3.list_buckets},
        around={
            "baseline": in_moto(nullcontext),
            "mlmock": in_moto(lambda: mock_ml(cache=False)),
        },
        rounds=41,
    )
    title = "moto's S3 while a mock runs, cache=False"
    yield Row(title, found["mlmock"].ratio, 1.01, "x without mlmock")
