"""Texts that become names: of a family's members, of outputs, of terms."""

from __future__ import annotations

import re

from getdsl.compiler.elaborate.frame import Frame
from getdsl.diagnostics.mistakes import names
from getdsl.text.source import Span

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def key_of(frame: Frame, text: str, place: Span) -> str | None:
    """The text, if it can be written as a name; None after a report."""
    if NAME.fullmatch(text):
        return str(text)
    frame.wrong(names.no_name(text, re.sub(r"\W", "_", text, flags=re.ASCII), place))
    return None
