"""What commands print: always by these, so that no name or line of a file speaks to the terminal."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import IO

from getdsl.diagnostics.diagnostic import Diagnostic
from getdsl.text.visible import visible

COMMAND = re.compile(r"^(?=::|##\[)", re.MULTILINE)  # how a line starts that a runner of GitHub obeys


def say(text: object = "", *, file: IO[str] | None = None, end: str = "\n") -> None:
    """Prints to stdout, or to `file`, with what a terminal or a workflow of GitHub would obey escaped."""
    print(COMMAND.sub(" ", visible(str(text))), file=file or sys.stdout, end=end)


def say_painted(text: str) -> None:
    """Prints to stdout what was escaped part by part before it was given its colours."""
    print(COMMAND.sub(" ", text))


def tell(diagnostics: Sequence[Diagnostic], *, before: str = "") -> None:
    """Prints diagnostics to stderr, where there are any, in colour where it is a terminal."""
    from getdsl.diagnostics.render import render

    if diagnostics:
        print(before + render(diagnostics, "text", sys.stderr), file=sys.stderr)


def hand_over(text: str) -> None:
    """Prints what may go into a file, and does so as it is; on a terminal it is escaped."""
    print(visible(text) if sys.stdout.isatty() else text, end="")
