"""`getdsl fmt`: files, folders, stdin, what it refuses and what it leaves alone."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
import yaml

from getdsl.cli import COMMANDS, main
from getdsl.diagnostics import UserError
from getdsl.formatter.files import rewritten

UNTIDY, TIDY = "model A { x=1 }\n", "model A {\n    x = 1\n}\n"
BROKEN = "model A {\n    x = (1\n}\n"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "deep").mkdir()
    (tmp_path / ".hidden").mkdir()
    for name, text in {"a.get": UNTIDY, "deep/b.get": TIDY, ".hidden/c.get": UNTIDY, "d.txt": UNTIDY}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "."]) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == (
        "a.get: formatted\n",
        "1 file formatted, 1 file as it should be\n",
    )
    texts = [(folder / name).read_text() for name in ("a.get", "deep/b.get", ".hidden/c.get", "d.txt")]
    assert texts == [TIDY, TIDY, UNTIDY, UNTIDY]
    assert main(["fmt", "--check", ".", "a.get"]) == 0


def test_check_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--check", "a.get", "deep"]) == 1
    said = capsys.readouterr()
    assert said.out == "a.get: would be formatted\n"
    assert said.err == "1 file would be formatted, 1 file as it should be\n"
    assert (folder / "a.get").read_text() == UNTIDY


def test_diff_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--diff", "a.get"]) == 0
    assert capsys.readouterr().out == (
        "--- a.get\n+++ a.get (formatted)\n@@ -1 +1,3 @@\n-model A { x=1 }\n+model A {\n+    x = 1\n+}\n"
    )
    assert main(["fmt", "--diff", "--check", "a.get"]) == 1
    assert (folder / "a.get").read_text() == UNTIDY


def test_a_broken_file_is_refused_and_the_others_are_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "broken.get").write_text(BROKEN)
    assert main(["fmt", "broken.get", "a.get"]) == 1
    said = capsys.readouterr()
    assert "error[GET103]: `(` is never closed\n --> broken.get:2:9" in said.err
    assert said.err.endswith("1 file formatted, 1 file refused\n")
    assert (folder / "broken.get").read_text() == BROKEN
    assert (folder / "a.get").read_text() == TIDY


def test_permissions_and_links_stay(folder: Path) -> None:
    (folder / "a.get").chmod(0o640)
    (folder / "link.get").symlink_to("a.get")
    assert main(["fmt", "link.get"]) == 0
    assert (folder / "link.get").is_symlink()
    assert (folder / "a.get").read_text() == TIDY
    assert (folder / "a.get").stat().st_mode & 0o777 == 0o640


def test_a_file_that_is_right_is_not_touched(folder: Path) -> None:
    before = (folder / "deep/b.get").stat()
    assert main(["fmt", "deep/b.get"]) == 0
    after = (folder / "deep/b.get").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@pytest.mark.parametrize(
    ("options", "text", "code", "out", "err"),
    [
        ([], UNTIDY, 0, TIDY, ""),
        (["--check"], TIDY, 0, "", ""),
        (["--check", "--stdin-filename", "x.get"], UNTIDY, 1, "", "x.get: would be formatted\n"),
    ],
)
def test_stdin(
    options: list[str],
    text: str,
    code: int,
    out: str,
    err: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert main(["fmt", *options, "-"]) == code
    assert capsys.readouterr() == (out, err)


@pytest.mark.parametrize(
    ("paths", "why"),
    [
        (["none.get"], "cannot read `none.get`: there is no such file"),
        (["empty"], "there is no `.get` file in empty"),
        (["-", "a.get"], "`-` stands beside files"),
        (["bytes.get"], "byte 0 is not UTF-8 text"),
    ],
)
def test_what_cannot_be_read(
    paths: list[str], why: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "empty").mkdir()
    (folder / "bytes.get").write_bytes(b"\xff\xfe")
    assert main(["fmt", *paths]) == 1
    assert why in capsys.readouterr().err


def test_the_hooks_run_commands_that_there_are() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    entries = [hook["entry"].split() for hook in hooks]
    assert all(program == "getdsl" and command in COMMANDS for program, command in entries)


def test_a_file_that_was_changed_meanwhile_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.get"
    path.write_text("model M { input x: [B] output y = x }\n")
    found = rewritten(path)
    path.write_text("model N { input x: [B] output y = x }\n")
    with pytest.raises(UserError, match="was changed meanwhile"):
        found.write()
    assert path.read_text().startswith("model N {")
