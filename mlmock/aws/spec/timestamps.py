"""The three timestamp formats of AWS's JSON protocols, both ways."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from mlmock.aws.spec.numbers import decimal

UTC = timezone.utc
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"  # A date alone is its midnight (source: API reference).
    r"(?:[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):?(\d\d)))?",
    re.ASCII,
)


def parse_iso8601(text: str) -> datetime:
    """Return the aware datetime that `text` names; ValueError for anything else."""
    found = _ISO.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, month, day, hour, minute, second, fraction, sign, off_hours, off_minutes = found.groups()
    micros = int((fraction or "0").ljust(6, "0")[:6])
    moment = datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        micros,
        UTC,
    )
    if sign is None:
        return moment
    offset = timedelta(hours=int(off_hours), minutes=int(off_minutes))
    return _shifted(moment, -offset if sign == "+" else offset)


def _shifted(moment: datetime, offset: timedelta) -> datetime:
    try:
        return moment + offset
    except OverflowError as fault:  # the year 0, or 10000
        raise ValueError(moment) from fault


def parse_epoch(value: float | str) -> datetime:
    """Return the aware datetime `value` seconds after 1970; ValueError beyond what exists."""
    if type(value) is bool:
        raise ValueError(value)
    try:
        seconds = decimal(value) if type(value) is str else float(value)
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError as fault:
        raise ValueError(value) from fault


def parse_http_date(text: str) -> datetime:
    """Return the aware datetime of an HTTP date; ValueError for anything else."""
    if type(text) is not str:
        raise ValueError(text)
    moment = email.utils.parsedate_to_datetime(text)
    naive = moment.replace(tzinfo=UTC)
    return _shifted(naive, -(moment.utcoffset() or timedelta()))


@lru_cache(maxsize=4096)
def iso8601(moment: datetime) -> str:
    """Return `moment` as the services write it: UTC, milliseconds if there are any, ``Z``."""
    if moment.utcoffset():
        moment = moment.astimezone(UTC)
    text = moment.isoformat(timespec="milliseconds")
    return f"{text[:23]}Z" if moment.microsecond >= 1000 else f"{text[:19]}Z"


@lru_cache(maxsize=4096)
def epoch(moment: datetime) -> float | int:
    """Return the seconds since 1970, rounded to milliseconds."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = round((moment - _EPOCH).total_seconds(), 3)
    return int(seconds) if seconds == int(seconds) else seconds


def http_date(moment: datetime) -> str:
    """Return `moment` as an HTTP date."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return email.utils.format_datetime(moment.astimezone(UTC), usegmt=True)


PARSERS: dict[str, Callable[[Any], datetime]] = {
    "iso8601": parse_iso8601,
    "unixTimestamp": parse_epoch,
    "rfc822": parse_http_date,
}
WRITERS: dict[str, Callable[[datetime], Any]] = {
    "iso8601": iso8601,
    "unixTimestamp": epoch,
    "rfc822": http_date,
}


def format_of(shape: Any, default: str) -> str:
    """Return the timestamp format that the model gives `shape`, or the protocol's `default`."""
    return str(shape.serialization.get("timestampFormat", default))
