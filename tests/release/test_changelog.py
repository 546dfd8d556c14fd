"""What a release makes of the changelog and of the version, and what it refuses."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

import getdsl
from getdsl.diagnostics import UserError
from tools.release.changelog import released
from tools.release.version import PLACES, check, current, with_version

ROOT = Path(__file__).parents[2]
DAY = date(2027, 1, 31)
BEFORE = "# Changelog\n\n## Unreleased\n\n### Added\n- This.\n\n## 0.1.0 - 2026-12-01\n\n### Added\n- That.\n"
AFTER = BEFORE.replace("## Unreleased\n", "## Unreleased\n\n## 0.2.0 - 2027-01-31\n")


def test_what_is_unreleased_goes_under_the_version() -> None:
    assert released(BEFORE, "0.2.0", DAY) == AFTER
    ours = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## Unreleased\n\n## 9.0.0 - 2027-01-31\n\n### Added\n- " in released(ours, "9.0.0", DAY)


@pytest.mark.parametrize(
    ("text", "version", "told"),
    [
        (AFTER, "0.3.0", "nothing that is unreleased"),
        (BEFORE, "0.1.0", "has 0.1.0 already"),
        (BEFORE.replace("Unreleased", "0.2.0"), "0.2.0", "no `## Unreleased`"),
    ],
)
def test_a_changelog_that_cannot_be_released(text: str, version: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        released(text, version, DAY)


def test_the_version_stands_in_two_places(tmp_path: Path) -> None:
    assert current(ROOT) == getdsl.__version__
    for name in PLACES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    files = with_version(tmp_path, "0.2.0rc1")
    for path, text in files.items():
        path.write_text(text, encoding="utf-8")
    assert current(tmp_path) == "0.2.0rc1"
    (tmp_path / "getdsl/__init__.py").write_text('__version__ = "0.3.0"\n')
    with pytest.raises(UserError, match="the version differs"):
        current(tmp_path)


@pytest.mark.parametrize(("version", "first"), [("0.1.0", True), ("0.1.1", False), ("0.2.0rc1", False)])
def test_versions_that_follow(version: str, first: bool) -> None:
    check(version, "0.1.0", first=first)


@pytest.mark.parametrize("version", ["0.1.0", "0.0.9", "0.1.0rc1", "new", "v0.2", "0.2.0-rc1", "../0.2"])
def test_versions_that_do_not(version: str) -> None:
    with pytest.raises(UserError):
        check(version, "0.1.0", first=False)
