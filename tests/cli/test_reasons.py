"""Every exit but 0 says why, whatever the input: one case a kind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from getdsl import check
from getdsl.cli import main
from getdsl.compiler.check import check_text

FINE = "model M {\n    input x: [B]\n    output y = x\n}\n"
ALIASES = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
    f"b{i}: &b{i} [{', '.join([f'*b{i - 1}' if i else '*a'] * 9)}]\n" for i in range(9)
)
FILES = {
    "fine.get": FINE,
    "blocks.get": "block K {\n    input x: [B]\n    output y = x\n}\n",
    "empty.get": "",
    "loop_of_links.get": 'use "loop.get"\n' + FINE,
    "nobody.get": 'use "~nobodyhere/x.get"\n' + FINE,
    "nul.get": FINE.replace("y = x", "y = x\0"),
    "unset.get": FINE.replace("y = x", "y: [B]"),
    "deep.yaml": "a: " + "[" * 5000 + "]" * 5000,
    "aliases.yaml": ALIASES,
    "itself.yaml": "a: &a {b: *a}\n",
    "list.yaml": "- 1\n",
    "other.yaml": "nothing: 1\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "loop.get").symlink_to("loop.get")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("check nothere.get", "there is no such file"),
        ("check .", "it is a directory"),
        ("check loop.get", "too many levels of symbolic links"),
        ("check blocks.get", "this file has no model; `K` can be called"),
        ("check empty.get", "this file has no model"),
        ("check loop_of_links.get", "cannot read `loop.get`: too many levels of symbolic links"),
        ("check nobody.get", "cannot read `~nobodyhere/x.get`: there is no such user"),
        ("check nul.get", "it is a binary file"),
        ("check unset.get", "the output `y` of `M` is declared and never given"),
        ("check --fix --diff unset.get", "the output `y` of `M` is declared and never given"),
        ("check fine.get --params deep.yaml", "nested deeper than 50 levels"),
        ("check fine.get --params aliases.yaml", "stands for more than 100,000 values"),
        ("check fine.get --params itself.yaml", "nested deeper than 50 levels"),
        ("check fine.get --params list.yaml", "must hold names and values"),
        ("check fine.get --params other.yaml", "there is nothing named `nothing` to set"),
        ("check fine.get --params nothere.yaml", "no such file"),
        ("check fine.get --model N", "there is no model `N`"),
        ("plan blocks.get", "this file has no model"),
        ("compile blocks.get -o out", "this file has no model"),
        ("train blocks.get -o out", "this file has no model"),
        ("show blocks.get --stage graph", "this file has no model"),
        ("explain GET999", "GET999"),
        ("nothing", "there is no command `nothing`"),
    ],
)
def test_a_reason_is_printed(
    folder: Path, capsys: pytest.CaptureFixture[str], command: str, reason: str
) -> None:
    try:
        code = main(command.split())
    except SystemExit as stop:
        code = int(stop.code or 0)
    printed = capsys.readouterr()
    assert code not in (0, 70)  # 70 is a bug of ours
    for part in reason.split("; "):
        assert part in printed.err


def test_a_file_whose_name_is_not_text_is_checked(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    name = os.fsdecode(b"caf\xe9.get")
    Path(name).write_text(FINE.replace("= x", "= z"))
    assert main(["check", name]) == 1
    assert "unknown name `z`" in capfd.readouterr().err


def test_a_closed_stdout_is_told(folder: Path) -> None:
    command = [sys.executable, "-m", "getdsl", "check", "fine.get"]
    closed = subprocess.run(
        command, check=False, stderr=subprocess.PIPE, text=True, preexec_fn=lambda: os.close(1)
    )
    assert closed.returncode == 1
    assert closed.stderr == "error: stdout is closed, and there is nowhere to print\n"


def test_too_little_memory_is_no_bug(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("getdsl.cli.check.check_spec", full)
    assert main(["check", "fine.get"]) == 1
    assert capsys.readouterr().err == "error: there is not enough memory for this\n"


def test_very_many_mistakes_are_counted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = "".join(f"    a{i} = bad{i}\n" for i in range(450))
    Path("many.get").write_text(FINE.replace("    output", wrong + "    output"))
    assert main(["check", "many.get"]) == 1
    printed = capsys.readouterr().err
    assert printed.count("error[GET204]") == 200
    assert "… and 250 more" in printed
    assert "450 errors" in printed
    assert main(["check", "many.get", "--format", "github"]) == 1
    assert capsys.readouterr().out.count("::error") == 200


def test_the_api_says_it_in_diagnostics() -> None:
    itself: dict[str, object] = {}
    itself["a"] = itself
    assert "nested deeper" in check_text(FINE, params=itself).diagnostics[0].message
    assert "no such file" in check("a\0.get").diagnostics[0].message
