"""`getdsl completion`: the shells themselves are asked what they complete."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from getdsl.cli import COMMANDS, main

SPEC = (
    "model M {\n    param width: int = 3\n    input x: [B, 4]\n    y = x -> Linear(width)\n    output y\n}\n"
)
ASK = {
    "bash": """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
_shtab_getdsl
printf '%s\\n' "${COMPREPLY[@]}"
""",
    "fish": "source $argv[1]; complete -C (string join ' ' -- $argv[2..]) | string split -f 1 \\t",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a spec, a script for each shell, and a `getdsl` on its own."""
    pytest.importorskip("shtab")
    folder = tmp_path_factory.mktemp("completion")
    (folder / "tiny.get").write_text(SPEC)
    command = folder / "bin" / "getdsl"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m getdsl "$@"\n')
    command.chmod(0o755)
    return folder


def completed(shell: str, folder: Path, *words: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not there")
    script = folder / shell
    if not script.exists():
        assert main(["completion", shell]) == 0
        script.write_text(capsys.readouterr().out)
    name = [] if shell == "fish" else ["ask"]
    done = subprocess.run(
        [shell, "-c", ASK[shell], *name, str(script), "getdsl", *words],
        cwd=folder,
        env={**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize("shell", ["bash", "fish"])
@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["ch"], ["check"]),
        (["check", "--summ"], ["--summary"]),
        (["check", "ti"], ["tiny.get"]),
        (["train", "tiny.get", "--set", "wi"], ["width="]),
        (["explain", "GET30"], ["GET301", "GET302"]),
    ],
    ids=lambda words: " ".join(words),
)
def test_what_is_completed(
    shell: str, words: list[str], wanted: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = completed(shell, folder, *words, capsys=capsys)
    assert set(wanted) <= set(found)
    assert all(each.startswith(words[-1]) for each in found)


def test_every_command_is_completed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert set(COMMANDS) <= set(completed("bash", folder, "", capsys=capsys))


def test_what_zsh_is_given_is_zsh(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which("zsh") is None:
        pytest.skip("zsh is not there")
    assert main(["completion", "zsh"]) == 0
    (folder / "zsh").write_text(capsys.readouterr().out)
    subprocess.run(["zsh", "-n", str(folder / "zsh")], check=True)


def test_a_shell_that_is_not_known_is_told_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["completion", "tcsh"])
    assert "there are: `bash`, `fish`, `zsh`" in capsys.readouterr().err
