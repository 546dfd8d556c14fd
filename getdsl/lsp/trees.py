"""Syntax trees of texts that were read before.

A tree depends on the name, the path and the text of its file, and on nothing else, so it is kept under them.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from getdsl.diagnostics import Diagnostic, Diagnostics
from getdsl.grammar import parse, syntax
from getdsl.text.source import SourceFile

MOST = 50  # trees: a few versions of each open file and of what they use


class Key(NamedTuple):
    name: str
    path: Path | None
    text: str


class Read(NamedTuple):
    """A file as it was read, and what was said of it."""

    file: syntax.File
    diagnostics: tuple[Diagnostic, ...]


@dataclass
class Trees:
    """The trees of the texts that were read last."""

    known: OrderedDict[Key, Read] = field(default_factory=OrderedDict)

    def parse(self, source: SourceFile, diagnostics: Diagnostics) -> syntax.File:
        """As the grammar's own, which it asks for a text that is new."""
        key = Key(source.name, source.path, source.text)
        if key not in self.known:
            before = len(diagnostics)
            self.known[key] = Read(parse(source, diagnostics), tuple(diagnostics.items[before:]))
        self.known.move_to_end(key)
        while len(self.known) > MOST:
            self.known.popitem(last=False)
        read = self.known[key]
        for item in read.diagnostics:
            diagnostics.add(item)  # which a new one is already
        return read.file
