"""A release that fails leaves the files as they were."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import tools.release.__main__ as release
from getdsl.diagnostics import UserError


def test_files_are_as_they_were_where_a_step_fails(tmp_path: Path) -> None:
    file = tmp_path / "CHANGELOG.md"
    file.write_bytes(b"before\r\n")
    with release.changed({file: "after"}):
        assert file.read_text() == "after"
    assert file.read_text() == "after"
    with pytest.raises(subprocess.CalledProcessError), release.changed({file: "later"}):
        release.run("false")
    assert file.read_bytes() == b"after"


def test_a_tree_with_changes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(release, "ROOT", tmp_path)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    release.refuse_changed_files()
    for number in range(5):
        (tmp_path / f"file_{number}").touch()
    with pytest.raises(UserError, match="not committed: file_0, file_1, file_2 and 2 more"):
        release.refuse_changed_files()
