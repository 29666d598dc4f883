"""Check the contents of the wheel and the sdist that were built.

    python -m tests.packaging.archives dist

prints one line for each problem. The exit status is 1 if there is one.
"""

from __future__ import annotations

import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from mlmock import __version__

ROOT = Path(__file__).parents[2]
LICENSES = ("LICENSE", "NOTICE")
EXAMPLE = "mlmock/examples/human_review.py"
PACKAGE_FILES = {
    "mlmock/py.typed",
    "mlmock/aws/spec/data/lookoutvision/2020-11-20/service-2.json",
    "mlmock/server/dashboard.css",
    "mlmock/server/dashboard.js",
    EXAMPLE,
}
SDIST_FILES = {
    *("CHANGELOG.md", "Makefile", "PKG-INFO", "README.md", "pyproject.toml", *LICENSES),
    *("docs/index.md", "examples/human_review.py", "tests/conftest.py"),
}
DIST_INFO = f"mlmock-{__version__}.dist-info"
METADATA_FILES = {
    *(f"{DIST_INFO}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")),
    *(f"{DIST_INFO}/licenses/{name}" for name in LICENSES),
}
GENERATED = re.compile(
    r"(^|/)(__pycache__|\.[a-z]+_cache|\.cache|\.venv|\.git|\.hypothesis|\.coverage[^/]*|build|dist"
    r"|site|[^/]+\.egg-info)(/|$)|\.py[co]$"
)

# The contents of the files of an archive, by their paths in it.
Files = dict[str, bytes]


def read_wheel(path: Path) -> Files:
    """Return the files of a wheel."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def read_sdist(path: Path) -> Files:
    """Return the files of an sdist, by their paths in its only folder."""
    files: Files = {}
    with tarfile.open(path) as archive:
        for member in archive.getmembers():
            content = archive.extractfile(member)
            if content is not None:
                files[member.name.removeprefix(f"mlmock-{__version__}/")] = content.read()
    return files


def packaged(sdist: Files) -> Files:
    """Return the files of the package that a wheel of an sdist contains."""
    files = {name: content for name, content in sdist.items() if name.startswith("mlmock/")}
    return {**files, EXAMPLE: sdist["examples/human_review.py"]}


def wheel_problems(wheel: Files, sdist: Files) -> Iterator[str]:
    """Yield what is wrong with a wheel: it has to contain the package of the sdist alone."""
    expected = {*packaged(sdist), *PACKAGE_FILES, *METADATA_FILES}
    yield from (f"wheel: {name} is missing" for name in sorted(expected - set(wheel)))
    yield from (f"wheel: {name} does not belong in it" for name in sorted(set(wheel) - expected))
    for name, content in packaged(sdist).items():
        if wheel.get(name, content) != content:
            yield f"wheel: {name} differs from the sdist"
    for name in LICENSES:
        if wheel.get(f"{DIST_INFO}/licenses/{name}") != (ROOT / name).read_bytes():
            yield f"wheel: {name} differs from the file of the project"


def sdist_problems(sdist: Files) -> Iterator[str]:
    """Yield what is wrong with an sdist."""
    yield from (f"sdist: {name} is missing" for name in sorted(SDIST_FILES - set(sdist)))
    yield from (f"sdist: {name} is a generated file" for name in sdist if GENERATED.search(name))


def problems(folder: Path) -> list[str]:
    """Return what is wrong with the archives in a folder."""
    wheel = folder / f"mlmock-{__version__}-py3-none-any.whl"
    sdist = folder / f"mlmock-{__version__}.tar.gz"
    found, expected = set(folder.iterdir()), {wheel, sdist}
    if found != expected:
        names = [sorted(path.name for path in paths) for paths in (found, expected)]
        return [f"{folder} contains {names[0]}, not {names[1]}"]
    contents = read_sdist(sdist)
    return [*sdist_problems(contents), *wheel_problems(read_wheel(wheel), contents)]


def main(folder: str) -> int:
    """Print the problems of the archives in a folder, and return the exit status."""
    lines = problems(Path(folder))
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
