"""docs/commands.md says what the commands' own `--help` says. GETDSL_UPDATE=1 writes it anew."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from getdsl.cli import COMMANDS, whole_parser

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
HEAD = """# Commands

Every command with its options, as its `--help` has them. Generated from the parsers in `getdsl/cli/`
by `tests/test_commands_page.py`. Exit codes: 0 it went well, 1 something of yours is wrong, 2 the command is
not one, 70 a bug of ours, 130 interrupted.
"""


def page() -> str:
    return "\n".join([HEAD, *(line for name, parser in parsers() for line in section(name, parser))])


def parsers() -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Each command's parser; argparse has no public way to them."""
    (commands,) = (
        action for action in whole_parser()._actions if isinstance(action, argparse._SubParsersAction)
    )
    yield from commands.choices.items()


def section(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    yield f"## getdsl {name}\n"
    yield f"{COMMANDS[name][0].upper()}{COMMANDS[name][1:]}.\n"
    rows = [
        action for action in parser._actions if action.dest != "help" and action.help != argparse.SUPPRESS
    ]
    if rows:
        yield "| argument | |"
        yield "|---|---|"
        yield from (f"| `{called(action)}` | {told(action, parser)} |" for action in rows)
        yield ""


def called(action: argparse.Action) -> str:
    """An argument as it is typed."""
    value = action.metavar or ("|".join(map(str, action.choices)) if action.choices else action.dest.upper())
    shown = " ".join(value) if isinstance(value, tuple) else value
    if not action.option_strings:
        words = [shown]
    else:
        words = [", ".join(action.option_strings), *([] if action.nargs == 0 else [shown])]
    more = " …" if action.nargs in ("*", "+") else ""
    return (" ".join(words) + more).replace("|", "\\|")


def told(action: argparse.Action, parser: argparse.ArgumentParser) -> str:
    """The help of an argument, filled in as `--help` does."""
    text = parser._get_formatter()._expand_help(action) if action.help else ""
    return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*")


def test_the_page_is_up_to_date() -> None:
    if os.environ.get("GETDSL_UPDATE") == "1":
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page(), "`make docs` writes it anew"


def test_every_command_and_option_has_its_help() -> None:
    bare = [
        f"{name} {called(action)}"
        for name, parser in parsers()
        for action in parser._actions
        if not action.help
    ]
    assert bare == []
    assert [name for name, _ in parsers()] == list(COMMANDS)
