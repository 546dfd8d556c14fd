"""The fenced pieces of a page, in order."""

from __future__ import annotations

import re
from dataclasses import dataclass

FENCE = re.compile(r"^```(\w*)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


@dataclass(frozen=True)
class Fence:
    kind: str  # `console`, `get`, … or nothing
    name: str  # of the file that it is
    body: str
    start: int  # of the body in the page


def fences(text: str) -> list[Fence]:
    return [Fence(m[1], m[2] or "", m[3], m.start(3)) for m in FENCE.finditer(text)]


@dataclass(frozen=True)
class Command:
    line: str  # without `$ `, and on one line
    shown: str  # what it prints
    start: int  # of what it prints, in the page


def commands(fence: Fence) -> list[Command]:
    """The commands of a `console` fence: a `$ ` line, which a backslash continues, and what it prints."""
    found = COMMAND.finditer(fence.body)
    return [Command(re.sub(r"\\\n\s*", "", m[1]), m[2], fence.start + m.start(2)) for m in found]
