"""Words that code, tests, docs and messages avoid in favour of the usual terms of the field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ["mlmock", "tests", "docs", "examples", "benchmarks"]
FILES = [
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md"),
    *("Makefile", "pyproject.toml", "noxfile.py"),
]
THIRD_PARTY = ["mlmock/aws/spec/data/*"]  # Service models of AWS, which are bundled unchanged.

SINGULAR = [
    *("house", "room", "door", "shelf", "desk", "book", "trip", "painter", "film", "memo"),
    *("neighbour", "ticket"),
]
WORDS = {
    *SINGULAR,
    *(f"{word}s" for word in SINGULAR),
    *("shelves", "told", "spoken", "wordy", "misshapen", "brought", "manners", "patience"),
    *("judged", "nobody", "whoever"),
}
PHRASE = re.compile(r"\bheld[\s_#]+services?\b", re.IGNORECASE)
# The parts of snake_case, CamelCase and UPPER_CASE identifiers, and plain words.
PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


class Allowed(NamedTuple):
    """A word that some files may contain, because others spell it so."""

    files: str
    word: str
    reason: str


ALLOWED = [
    Allowed("tests/test_words.py", "*", "lists the words"),
]


class Hit(NamedTuple):
    """A word in a file."""

    path: str
    line: int
    word: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.word}"


def words_in(text: str) -> Iterator[tuple[int, str]]:
    """Yield line number and word of each occurrence."""
    for number, line in enumerate(text.splitlines(), start=1):
        for part in PART.findall(line):
            if part.lower() in WORDS:
                yield number, part.lower()
    for match in PHRASE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, "held service"


def files_of(name: str) -> Iterator[tuple[str, str]]:
    """Yield path and text of the text files of a folder, or of a file."""
    path = ROOT / name
    for each in sorted(path.rglob("*")) if path.is_dir() else [path]:
        relative = each.relative_to(ROOT)
        hidden = any(
            part.startswith((".", "__pycache__", "node_modules")) for part in relative.parts
        )
        if hidden or not each.is_file() or any(fnmatch(str(relative), g) for g in THIRD_PARTY):
            continue
        try:
            yield str(relative), each.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def hits_of(name: str) -> list[Hit]:
    """Return the occurrences in a folder or a file, allowed ones included."""
    hits = []
    for path, text in files_of(name):
        hits += [Hit(path, 0, word) for _, word in words_in(path)]
        hits += [Hit(path, line, word) for line, word in words_in(text)]
    return hits


def allows(allowed: Allowed, hit: Hit) -> bool:
    return fnmatch(hit.path, allowed.files) and allowed.word in ("*", hit.word)


@pytest.mark.parametrize("name", FOLDERS + FILES)
def test_words_do_not_occur(name: str) -> None:
    hits = [hit for hit in hits_of(name) if not any(allows(each, hit) for each in ALLOWED)]
    assert not hits, f"{len(hits)} occurrences:\n" + "\n".join(map(str, hits))


def test_every_exception_is_needed() -> None:
    hits = [hit for name in FOLDERS + FILES for hit in hits_of(name)]
    assert [each for each in ALLOWED if not any(allows(each, hit) for hit in hits)] == []


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("in the house", "house"),
        ("HOUSE_NUMBER", "house"),
        ("_rooms_of", "rooms"),
        ("BookShelf", "book"),
        ("two Shelves.", "shelves"),
        ("HTTPDoor", "door"),
        ("a held\n# service", "held service"),
        ("held_services", "held service"),
    ],
)
def test_words_are_found_in_prose_and_identifiers(text: str, word: str) -> None:
    assert word in [found for _, found in words_in(text)]


@pytest.mark.parametrize("text", ["notebook", "showroom", "triple", "filmed", "held by a service"])
def test_other_words_are_not_found(text: str) -> None:
    assert list(words_in(text)) == []
