"""Bundled service models: those that botocore no longer ships.

`data/` has a folder for each service, with the layout of `botocore/data`: a folder for each
revision with `service-2.json` and other files, and `regions.json` with the regions of each
partition. A service is bundled if it has a folder there; no list names it.
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
    """Return the sorted names of the bundled services."""
    found = _data().iterdir() if _data().is_dir() else ()
    return tuple(sorted(folder.name for folder in found if folder.is_dir()))


@cache
def revisions(service: str) -> tuple[str, ...]:
    """Return the sorted revisions of a bundled service; none for any other service."""
    if service not in services():
        return ()
    return tuple(sorted(folder.name for folder in (_data() / service).iterdir() if folder.is_dir()))


@cache
def latest(service: str) -> str:
    """Return the default revision: the last one whose name is a date.

    Other revisions are earlier states, which an option of the mock selects.
    """
    dated = [name for name in revisions(service) if re.fullmatch(_DATED, name)]
    return max(dated or revisions(service))


@cache
def available_files(service: str, revision: str) -> frozenset[str]:
    """Return the names of the files of a revision: ``service-2``, ``paginators-1`` and so on."""
    return frozenset(file.stem for file in (_data() / service / revision).glob("*.json"))


@cache
def load_bundled(service: str, kind: str, revision: str | None = None) -> Any | None:
    """Return the parsed content of one file of a revision, or None if there is no such file.

    Each call returns the same object, as botocore's loader does.

    Args:
        service: The name of the service.
        kind: The name of the file without its extension.
        revision: The revision; None for the latest.
    """
    name = revision or (latest(service) if revisions(service) else "")
    if name not in revisions(service) or kind not in available_files(service, name):
        return None
    return json.loads((_data() / service / name / f"{kind}.json").read_text(encoding="utf-8"))


@cache
def regions(service: str, partition: str) -> tuple[str, ...]:
    """Return the regions of `partition` that had `service`."""
    file = _data() / service / "regions.json"
    found = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return tuple(found.get(partition, ()))
