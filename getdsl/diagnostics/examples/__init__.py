"""For each code a spec that is wrong and one that is right, in Markdown: `CODE.md`.

A fence without a name is `spec.get`, another is the file of its name (of a checkpoint, each tensor and its
shape). A command is shown where it is not `getdsl check spec.get`.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from getdsl.text.opener import SHIPPED, read_text

HERE = Path(__file__).parent
FENCE = re.compile(r"^```\w+(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## (\w+)$", re.MULTILINE)


@cache
def examples_of(code: str) -> str:
    """The examples of a code, as they stand on its page."""
    return read_text(HERE / f"{code}.md", SHIPPED).strip()


def as_text(markdown: str) -> str:
    """The examples for a terminal: code is indented, and a file is named above what it holds."""
    return HEADING.sub(r"\1:", FENCE.sub(_indented, markdown))


def _indented(fence: re.Match[str]) -> str:
    name, body = fence.groups()
    lines = "\n".join(f"    {line}".rstrip() for line in body.splitlines())
    return f"  {name}:\n\n{lines}" if name else lines
