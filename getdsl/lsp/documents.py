"""The documents that an editor has open, as it tells of its edits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from getdsl.lsp.addresses import path_of
from getdsl.lsp.positions import Encoding, Lines, Place


class Change(NamedTuple):
    """A piece of text that takes the place of another; of all where no place is given."""

    text: str
    start: Place | None = None
    end: Place | None = None


@dataclass(frozen=True)
class Document:
    """The text of a document in one version; `path` is its file, or the name of one that has none."""

    uri: str
    text: str
    version: int | None

    @property
    def path(self) -> Path:
        return path_of(self.uri) or Path(self.uri)

    @property
    def is_file(self) -> bool:
        return path_of(self.uri) is not None

    def changed(self, changes: Sequence[Change], version: int | None, encoding: Encoding) -> Document:
        """The document after changes, each of which knows the text that the last one left."""
        text = self.text
        for change in changes:
            text = _changed(text, change, encoding)
        return Document(self.uri, text, version)


def _changed(text: str, change: Change, encoding: Encoding) -> str:
    if change.start is None or change.end is None:
        return change.text
    lines = Lines(text, encoding)
    start, end = sorted((lines.offset(change.start), lines.offset(change.end)))
    return text[:start] + change.text + text[end:]
