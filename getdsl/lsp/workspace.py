"""All open documents, and what is known of them: checked when asked for, never older than the last edit."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from getdsl.compiler.check import check_program
from getdsl.compiler.elaborate.witness import Witness
from getdsl.compiler.program import Program
from getdsl.compiler.quiet import Quiet
from getdsl.diagnostics import Diagnostic, Diagnostics
from getdsl.lsp.analysis import Analysis
from getdsl.lsp.documents import Change, Document
from getdsl.lsp.positions import Encoding
from getdsl.lsp.trees import Trees
from getdsl.text.source import SourceFile, Span

Stamp = tuple[object, ...]


@dataclass
class Workspace:
    """`world` counts what may change the check of any document: files that come, go or are saved."""

    encoding: Encoding = "utf-16"
    documents: dict[str, Document] = field(default_factory=dict)
    analyses: dict[str, tuple[Stamp, Analysis]] = field(default_factory=dict)
    world: int = 0
    trees: Trees = field(default_factory=Trees)
    quiet: Quiet = field(default_factory=Quiet)

    # -- edits

    def take(self, document: Document) -> None:
        self.documents[document.uri] = document
        self.world += 1

    def change(self, uri: str, changes: Sequence[Change], version: int | None) -> None:
        document = self.documents.get(uri)
        if document is not None:
            self.documents[uri] = document.changed(changes, version, self.encoding)

    def close(self, uri: str) -> None:
        """Forgets a document, and all that is known of it."""
        self.documents.pop(uri, None)
        self.analyses.pop(uri, None)
        self.world += 1

    def look_again(self) -> None:
        """What files hold, or which there are, has changed."""
        self.world += 1

    # -- what is known

    def analysis(self, uri: str) -> Analysis | None:
        """The check of a document as it is now; None of one that is not open."""
        document = self.documents.get(uri)
        if document is None:
            return None
        known = self.analyses.get(uri)
        if known is None or known[0] != self._stamp(document, known[1]):
            found = self._checked(document, self.texts())
            self.analyses[uri] = known = self._stamp(document, found), found
        return known[1]

    def last(self, uri: str) -> Analysis | None:
        """The last check of a document, which may be of an earlier text."""
        known = self.analyses.get(uri)
        return known[1] if known is not None else None

    def program(self, uri: str) -> Program | None:
        """A document as it is now, read and not checked; None of one that is not open."""
        document = self.documents.get(uri)
        return self._read(document, self.texts()) if document is not None else None

    def broken_by(self, edits: Sequence[tuple[Span, str]]) -> Diagnostic | None:
        """A mistake that edits would bring about in an open document that has fewer now."""
        texts = self.texts()
        for path in {span.file.path for span, _ in edits} - {None}:
            assert path is not None
            mine = [(span, text) for span, text in edits if span.file.path == path]
            resolved = Path(os.path.realpath(path))
            texts[resolved] = _edited(mine)
        for document in [*self.documents.values()]:
            known = self.analysis(document.uri)
            after = self._checked(document, texts)
            before = len(known.errors) if known is not None else 0
            if len(after.errors) > before:
                return after.errors[0]
        return None

    def texts(self) -> dict[Path, str]:
        """What open files hold, which is not always what is on the disk."""
        return {document.path: document.text for document in self.documents.values() if document.is_file}

    def _read(self, document: Document, texts: Mapping[Path, str]) -> Program:
        program = Program(Diagnostics(), texts=texts, parse=self.trees.parse)
        path = document.path if document.is_file else None
        text = texts.get(document.path, document.text)
        program.unit = program.add(SourceFile(str(document.path), text, path))
        return program

    def _checked(self, document: Document, texts: Mapping[Path, str]) -> Analysis:
        program = self._read(document, texts)
        witness = Witness()
        checked = check_program(program, witness, self.quiet)
        assert program.unit is not None
        return Analysis(program.unit.file.source, program, checked, witness)

    def _stamp(self, document: Document, analysis: Analysis) -> Stamp:
        """Changes with whatever the check has read."""
        texts = self.texts()
        wanted = (*analysis.program.units, *analysis.program.unread)
        read = ((path, texts[path] if path in texts else _on_disk(path)) for path in wanted)
        return (self.world, document.text, *read)


def _on_disk(path: Path) -> tuple[int, int] | None:
    try:
        state = os.stat(path)
    except (OSError, ValueError):
        return None
    return state.st_mtime_ns, state.st_size


def _edited(edits: Sequence[tuple[Span, str]]) -> str:
    """The text of one file after edits."""
    text = edits[0][0].file.text
    for span, new in sorted(edits, key=lambda item: -item[0].start):
        text = text[: span.start] + new + text[span.end :]
    return text
