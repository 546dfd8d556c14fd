"""What was told of which document's check, and what there is to tell after an edit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from lsprotocol import types

from getdsl.lsp.features.reports import Report, reports
from getdsl.lsp.wire.diagnostics import as_diagnostic
from getdsl.lsp.wire.places import Places
from getdsl.lsp.workspace import Workspace

Found = dict[str, list[types.Diagnostic]]


@dataclass
class Publisher:
    """`waiting` are documents that were edited since; `said` is what each document's check says of files."""

    workspace: Workspace
    places: Places
    publish: Callable[[types.PublishDiagnosticsParams], None]
    waiting: dict[str, None] = field(default_factory=dict)
    said: dict[str, Found] = field(default_factory=dict)

    def edited(self, uris: Iterable[str]) -> None:
        self.waiting.update(dict.fromkeys(uris))

    def closed(self, uri: str) -> None:
        """Takes back what a document's check said."""
        self.waiting.pop(uri, None)
        gone = self.said.pop(uri, {})
        self._tell({uri: None} | dict.fromkeys(gone))

    def run(self) -> None:
        """Checks what was edited, and all that read it, and tells what has become of their files."""
        affected: dict[str, None] = {}
        for uri in self.waiting:
            affected.update(dict.fromkeys(self.workspace.readers(uri)))
        self.waiting.clear()
        changed: dict[str, None] = {}
        for uri in affected:
            changed.update(dict.fromkeys(self.said.pop(uri, {})))
            if uri in self.workspace.documents:
                self.said[uri] = self._found(uri)
                changed.update(dict.fromkeys(self.said[uri]))
        self._tell(changed)

    def _found(self, uri: str) -> Found:
        analysis = self.workspace.analysis(uri)
        found: Found = {uri: []}
        for report in reports(analysis) if analysis is not None else []:
            found.setdefault(self._file(report), []).append(as_diagnostic(self.places, report))
        return found

    def _file(self, report: Report) -> str:
        return self.places.uri(report.span.file)

    def _tell(self, uris: Iterable[str]) -> None:
        """Publishes all that any check says of these files, each diagnostic once."""
        for uri in uris:
            document = self.workspace.documents.get(uri)
            items: list[types.Diagnostic] = []
            for found in self.said.values():
                items += [item for item in found.get(uri, ()) if item not in items]
            version = document.version if document is not None else None
            self.publish(types.PublishDiagnosticsParams(uri, items, version))
