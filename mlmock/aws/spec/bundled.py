"""Service models that we bring ourselves, because botocore no longer does.

One folder a service under `data/`, laid out as botocore's: a folder for each revision with
`service-2.json` and what else there is, and beside them `regions.json`, the regions by partition.
A service brings its model by having such a folder; nothing else names it.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

_DATED = r"\d{4}-\d{2}-\d{2}"


@cache
def _data() -> Path:
    return Path(__file__).parent / "data"


@cache
def services() -> tuple[str, ...]:
    """Return the names of the services whose models we bring, sorted."""
    found = _data().iterdir() if _data().is_dir() else ()
    return tuple(sorted(folder.name for folder in found if folder.is_dir()))


@cache
def revisions(service: str) -> tuple[str, ...]:
    """Return the revisions that we bring of `service`, sorted; none for one that we don't bring."""
    if service not in services():
        return ()
    return tuple(sorted(folder.name for folder in (_data() / service).iterdir() if folder.is_dir()))


@cache
def latest(service: str) -> str:
    """Return the revision that is taken where nobody names one.

    It is the last that is named by its date: the others are earlier states, kept for those who ask.
    """
    dated = [name for name in revisions(service) if re.fullmatch(_DATED, name)]
    return max(dated or revisions(service))


@cache
def available_files(service: str, revision: str) -> frozenset[str]:
    """Return which files there are of a revision: ``service-2``, ``paginators-1`` and so on."""
    return frozenset(file.stem for file in (_data() / service / revision).glob("*.json"))


@cache
def load_bundled(service: str, kind: str, revision: str | None = None) -> Any | None:
    """Return the content of one file of a revision (the latest for None), or None without it.

    It is the same object each time, as botocore's own loader gives it out.
    """
    name = revision or (latest(service) if revisions(service) else "")
    if name not in revisions(service) or kind not in available_files(service, name):
        return None
    return json.loads((_data() / service / name / f"{kind}.json").read_text(encoding="utf-8"))


@cache
def regions(service: str, partition: str) -> tuple[str, ...]:
    """Return the regions of `partition` in which `service` was there."""
    file = _data() / service / "regions.json"
    found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return tuple(found.get(partition, ()))
