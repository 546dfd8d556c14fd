"""Places as the protocol has them: lines and units, and the addresses of files."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from lsprotocol import types

from getdsl.lsp.addresses import uri_of
from getdsl.lsp.positions import Encoding, Lines, Place
from getdsl.lsp.workspace import Workspace
from getdsl.text.source import SourceFile, Span


@lru_cache(maxsize=64)
def lines_of(text: str, encoding: Encoding) -> Lines:
    return Lines(text, encoding)


class Places:
    """Turns spans into ranges and back, in the encoding that the client has chosen."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def lines(self, text: str) -> Lines:
        return lines_of(text, self.workspace.encoding)

    def position(self, text: str, offset: int) -> types.Position:
        return types.Position(*self.lines(text).place(offset))

    def range(self, span: Span) -> types.Range:
        text = span.file.text
        return types.Range(self.position(text, span.start), self.position(text, span.end))

    def location(self, span: Span) -> types.Location:
        return types.Location(self.uri(span.file), self.range(span))

    def offset(self, text: str, position: types.Position) -> int:
        return self.lines(text).offset(Place(position.line, position.character))

    def uri(self, source: SourceFile) -> str:
        """As the client calls it, if it has it open."""
        path = Path(os.path.realpath(source.path)) if source.path is not None else Path(source.name)
        for document in self.workspace.documents.values():
            if document.path == path:
                return document.uri
        return uri_of(path) if source.path is not None else source.name
