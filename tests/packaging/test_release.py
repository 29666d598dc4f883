"""Which changelogs `make release` accepts for a version."""

from __future__ import annotations

import pytest

from tests.packaging.release import version_problem

DATED = "## [0.2.0] - 2026-12-01\n\n### Added\n\n* Words.\n\n## [0.1.0] - 2026-11-01\n"


@pytest.mark.parametrize("changelog", [DATED, f"# Changelog\n\n## [Unreleased]\n\n{DATED}"])
def test_newest_version_can_be_released(changelog: str) -> None:
    assert version_problem(changelog, "0.2.0") is None


@pytest.mark.parametrize(
    ("changelog", "problem"),
    [
        (DATED.replace("2026-12-01", "Unreleased"), "marks 0.2.0 as unreleased"),
        ("## 0.2.0 (unreleased)\n", "Change the heading to '## [0.2.0] - YYYY-MM-DD'"),
        (f"## [Unreleased]\n\n* A change.\n\n{DATED}", "has entries under '[Unreleased]'"),
        ("# Changelog\n", "has no version"),
    ],
)
def test_unreleased_changes_are_refused(changelog: str, problem: str) -> None:
    assert problem in str(version_problem(changelog, "0.2.0"))


@pytest.mark.parametrize("version", ["0.1.0", "0.3.0", "0.2.0rc1"])
def test_other_version_is_refused(version: str) -> None:
    problem = str(version_problem(DATED, version))
    assert f"_version.py has version {version!r}" in problem
    assert "the newest version in CHANGELOG.md is '0.2.0'" in problem
