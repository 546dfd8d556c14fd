"""docs/stages.md shows what each stage prints: `…` is any text, and as a line any number of lines."""

import re
import shlex
from pathlib import Path

import pytest

from getdsl.cli import main
from getdsl.cli.show import STAGES
from tests.language.test_documents import Section, sections

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "stages.md"
(SPEC,) = sections(PAGE)


def pattern(shown: str) -> str:
    """Of all that a command may print, for what a page shows of it."""
    return "".join("(?:.*\n)*?" if line == "…" else _line(line) for line in shown.splitlines())


def _line(shown: str) -> str:
    return ".*".join(map(re.escape, shown.split("…"))) + "\n"


def print_of(section: Section, command: str, capsys: pytest.CaptureFixture[str]) -> str:
    for name, body in section.files.items():
        Path(name).write_text(body, encoding="utf-8")
    code = main(shlex.split(command))
    printed = capsys.readouterr()
    assert (code, printed.err) == (0, "")
    return re.sub(r" +$", "", printed.out, flags=re.MULTILINE)


@pytest.mark.parametrize(("command", "shown"), SPEC.commands, ids=[command for command, _ in SPEC.commands])
def test_a_stage_prints_what_the_page_shows(
    command: str,
    shown: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert re.fullmatch(pattern(shown), print_of(SPEC, command, capsys))


def test_every_stage_is_shown() -> None:
    commands = " ".join(command for command, _ in SPEC.commands)
    assert set(re.findall(r"--stage (\w+)", commands)) == set(STAGES)


def test_every_room_is_named_and_there() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rooms = {
        path.name for path in (ROOT / "getdsl" / "compiler").iterdir() if (path / "__init__.py").exists()
    }
    named = set(re.findall(r"\b([a-z]+)/", text))
    assert rooms <= named
    for place in re.findall(r"`((?:[a-z]+/)+)`", text):
        assert (ROOT / "getdsl" / place).is_dir(), place


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\n…\nc\n", "a\nb\nb\nc\n", True),
        ("a\n…\nc\n", "a\nc\n", True),
        ("a\n…\nc\n", "a\nb\nd\n", False),
        ("a\n", "a\nb\n", False),
        ("[8]  296\n", "[8]  297\n", False),
        ("b  … bytes\n", "b  12 bytes\n", True),
        ("b  … bytes\n", "b  12\nc bytes\n", False),
    ],
)
def test_a_page_that_shows_something_else_is_found(shown: str, printed: str, same: bool) -> None:
    assert (re.fullmatch(pattern(shown), printed) is not None) is same
