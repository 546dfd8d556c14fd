"""No line of a file, and no name, speaks to the terminal or to a workflow of GitHub."""

from __future__ import annotations

import ast
import io
import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from getdsl.cli import main
from getdsl.cli.printing import hand_over, say
from getdsl.diagnostics import Diagnostic, Label
from getdsl.diagnostics.render import render
from getdsl.text.source import SourceFile, Span
from getdsl.text.visible import visible

CLI = Path(__file__).parent.parent.parent / "getdsl" / "cli"
MODEL = "model M { input x: [B, 4]\n output y = relu(x) }\n"
HOSTILE = {
    "colour": "\x1b[31m",
    "title": "\x1b]0;x\x07",
    "clear": "\x1bc",
    "c1": "\x9b2J",
    "backspace": "a\b\b",
    "return": "a\rb",
    "delete": "\x7f",
    "direction": "\u202eabc\u2066",
    "separator": "a\u2028b\u2029",
    "half": "\udce9",
    "null": "\0",
    "odd space": "a\xa0b",
}


PRINT = {"print", "sys.stdout.write", "sys.stderr.write"}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def is_harmless(text: str) -> bool:
    return all(char.isprintable() or char in "\n\t" for char in text)


@given(st.text(st.characters()))
def test_what_is_shown_is_printable_and_tells_what_was_there(text: str) -> None:
    assert is_harmless(visible(text))
    assert visible(text, keep="").isprintable()
    if "\\" not in text:
        assert ast.literal_eval("'" + visible(text, keep="").replace("'", "\\'") + "'") == text


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("format", ["text", "json", "github"])
def test_every_part_of_a_diagnostic_is_escaped(hostile: str, format: str) -> None:
    source = SourceFile(f"{hostile}.get", f"one = {hostile} = 1\ntwo\n")
    label = Label(Span(source, 6 + len(hostile), 7 + len(hostile)), hostile)
    item = Diagnostic("GET101", hostile, label, (label,), (hostile,), hostile)
    shown = render([item], format)
    assert is_harmless(shown)
    assert shown.encode()  # what a file that is not UTF-8 is called cannot be written as it is
    if format == "text":
        lines = shown.splitlines()
        at = next(number for number, line in enumerate(lines) if line.startswith("1 |"))
        line, mark = lines[at : at + 2]
        assert line[mark.index("^")] == " "
        assert line[mark.index("^") + 1] == "="


@pytest.mark.parametrize(
    "name", ["a\n::error::x", "a\r\n::x::", "a,line=9", "a::b", "a%0Ab", "a\n\n", "::error::"]
)
def test_an_annotation_is_one_line_whatever_a_file_is_called(name: str) -> None:
    source = SourceFile(name, "one\n")
    shown = render([Diagnostic("GET101", f"`{name}`", Label(Span(source, 0, 3)), notes=(name,))], "github")
    assert len(shown.splitlines()) == 1
    assert re.fullmatch(r"::error file=[^,:]*,line=1,col=1,endLine=1,endColumn=4,title=GET101::.*", shown)


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_where_none_is_wanted(variable: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    item = Diagnostic("GET101", "gone", None)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b[" in render([item], "text", Terminal())
    monkeypatch.setenv("NO_COLOR", "")  # as if it were not set
    assert "\x1b[" in render([item], "text", Terminal())
    for name, value in variable.items():
        monkeypatch.setenv(name, value)
    assert "\x1b[" not in render([item], "text", Terminal())


def test_a_line_that_github_would_obey_is_moved(capsys: pytest.CaptureFixture[str]) -> None:
    say("one\n::error::x\n##[add-path]y\n\x1b[2J")
    assert capsys.readouterr().out == "one\n ::error::x\n ##[add-path]y\n\\x1b[2J\n"


def test_what_goes_into_a_file_stays_as_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over("a\x1b\n")
    assert capsys.readouterr().out == "a\x1b\n"
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    hand_over("a\x1b\n")
    assert terminal.getvalue() == "a\\x1b\n"


def test_commands_print_by_these_alone() -> None:
    for path in CLI.glob("*.py"):
        calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        prints = [
            call for call in calls if ast.unparse(call) in ("print", "sys.stdout.write", "sys.stderr.write")
        ]
        assert not prints or path.name == "printing.py", path.name


NAMES = ["\x1b[31mred.get", "a\nb.get", "\udce9.get", "\u202eteg.get", "a\n::error::x.get"]


@pytest.mark.parametrize("name", NAMES, ids=map(repr, NAMES))
@pytest.mark.parametrize("right", [True, False])
def test_a_spec_of_a_strange_name(
    name: str,
    right: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(MODEL if right else "model M { output y = \x1b[31m }\n")
    for arguments in (
        ["check", name],
        ["check", name, "--summary"],
        ["check", name, "--format", "github"],
        ["check", name, "--format", "json"],
        ["show", name],
        ["show", name, "--stage", "ast"],
        ["show", name, "--stage", "graph"],
        ["plan", name],
        ["check", f"{name}.absent"],
    ):
        main(arguments)
        out, err = capsys.readouterr()
        assert is_harmless(out + err), arguments
        assert (out + err).encode()
        if "github" not in arguments:
            assert not re.search(r"^::", out + err, re.MULTILINE)
        if "json" in arguments:
            json.loads(out)


COMMANDS = (
    ["show", "c.safetensors"],
    ["plan", "spec.get", "--all"],
    ["plan", "spec.get", "--suggest"],
)


def test_names_in_a_checkpoint_are_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import torch
    from safetensors.torch import save_file

    save_file({"\x1b[2Jw": torch.zeros(2), "a\n::error::x": torch.zeros(1)}, tmp_path / "c.safetensors")
    (tmp_path / "spec.get").write_text(
        'model M { input x: [B, 2]\n w = Parameter([2])\n output y = x * w }\nload "c.safetensors" { }\n'
    )
    for arguments in (
        ["show", "c.safetensors"],
        ["plan", "spec.get", "--all"],
        ["plan", "spec.get", "--suggest"],
    ):
        main([arguments[0], str(tmp_path / arguments[1]), *arguments[2:]])
        out, err = capsys.readouterr()
        assert is_harmless(out + err)
        assert not re.search(r"^::", out + err, re.MULTILINE)


def test_a_locale_without_our_letters(tmp_path: Path) -> None:
    import subprocess
    import sys

    (tmp_path / "é→.get").write_text(MODEL)
    done = subprocess.run(
        [sys.executable, "-m", "getdsl", "check", "é→.get"],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(CLI.parent.parent)},
        cwd=tmp_path,
        capture_output=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"\\xe9\\u2192.get: fine\n", b"")
