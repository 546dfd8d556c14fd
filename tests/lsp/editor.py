"""An editor without a process: it tells the server of documents, and keeps what the server publishes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types

from getdsl.lsp.positions import Place
from getdsl.lsp.server import Server


class Editor:
    """A `|` in a text marks the cursor, and is not part of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = Server()
        self.published: dict[str, types.PublishDiagnosticsParams] = {}
        self.log: list[str] = []
        self.server.publisher.publish = self._publish
        self.server.log = self.log.append  # type: ignore[method-assign]

    def _publish(self, params: types.PublishDiagnosticsParams) -> None:
        self.published[params.uri] = params

    def uri(self, name: str) -> str:
        return name if ":" in name else (self.folder / name).as_uri()

    def open(self, name: str, marked: str) -> types.Position:
        """Opens a document; where its cursor is."""
        self.open_text(name, marked.replace("|", "", 1))
        return self.place(name, marked.find("|") if "|" in marked else 0)

    def open_text(self, name: str, text: str, version: int = 1) -> None:
        item = types.TextDocumentItem(self.uri(name), "get", version, text)
        self.server.did_open(types.DidOpenTextDocumentParams(item))
        self.server.check_now()

    def place(self, name: str, offset: int) -> types.Position:
        text = self.server.known.documents[self.uri(name)].text
        return self.server.places.position(text, offset)

    def change(self, name: str, *changes: types.TextDocumentContentChangeEvent, version: int = 2) -> None:
        item = types.VersionedTextDocumentIdentifier(version, self.uri(name))
        self.server.did_change(types.DidChangeTextDocumentParams(item, list(changes)))

    def write(self, name: str, text: str, version: int = 2) -> None:
        self.change(name, types.TextDocumentContentChangeWholeDocument(text), version=version)
        self.server.check_now()

    def close(self, name: str) -> None:
        item = types.TextDocumentIdentifier(self.uri(name))
        self.server.did_close(types.DidCloseTextDocumentParams(item))
        self.server.check_now()

    def codes(self, name: str) -> list[str]:
        return [str(item.code) for item in self.published[self.uri(name)].diagnostics]

    def ask(self, method: str, params: Any) -> Any:
        return self.server.protocol.fm.features[method](params)

    def at(self, kind: type[Any], method: str, name: str, position: types.Position, **more: Any) -> Any:
        document = types.TextDocumentIdentifier(self.uri(name))
        return self.ask(method, kind(text_document=document, position=position, **more))

    # -- questions

    def labels(self, name: str, position: types.Position) -> list[str]:
        found = self.at(types.CompletionParams, types.TEXT_DOCUMENT_COMPLETION, name, position)
        return [item.label for item in found.items]

    def hover(self, name: str, position: types.Position) -> str:
        found = self.at(types.HoverParams, types.TEXT_DOCUMENT_HOVER, name, position)
        return str(found.contents.value) if found is not None else ""

    def defined(self, name: str, position: types.Position) -> list[tuple[str, str]]:
        """The files and the lines that a name is defined at."""
        found = self.at(types.DefinitionParams, types.TEXT_DOCUMENT_DEFINITION, name, position)
        return [(Path(item.uri).name, f"{item.range.start.line}") for item in found]

    def rename(self, name: str, position: types.Position, new: str) -> dict[str, str]:
        """The texts of the documents after a name was changed."""
        found = self.at(types.RenameParams, types.TEXT_DOCUMENT_RENAME, name, position, new_name=new)
        return {Path(uri).name: self.edited(uri, edits) for uri, edits in found.changes.items()}

    def formatted(self, name: str) -> str:
        """The text of a document after the server laid it out."""
        params = types.DocumentFormattingParams(
            types.TextDocumentIdentifier(self.uri(name)), types.FormattingOptions(4, True)
        )
        return self.edited(name, self.ask(types.TEXT_DOCUMENT_FORMATTING, params))

    def actions(self, name: str, start: types.Position, end: types.Position) -> list[types.CodeAction]:
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(self.uri(name)),
            types.Range(start, end),
            types.CodeActionContext([]),
        )
        return list(self.ask(types.TEXT_DOCUMENT_CODE_ACTION, params))

    def edited(self, name: str, edits: Sequence[types.TextEdit]) -> str:
        """The text of a document after edits, all of which are of the text as it is."""
        text = self.server.known.documents[self.uri(name)].text
        lines = self.server.places.lines(text)
        for edit in sorted(edits, key=lambda item: item.range.start, reverse=True):
            start, end = (
                lines.offset(Place(at.line, at.character)) for at in (edit.range.start, edit.range.end)
            )
            text = text[:start] + edit.new_text + text[end:]
        return text
