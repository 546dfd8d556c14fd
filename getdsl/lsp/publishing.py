"""What was told of which document's check, and what there is to tell after an edit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from lsprotocol import types

from getdsl.lsp.analysis import Analysis
from getdsl.lsp.features.reports import Report, reports
from getdsl.lsp.wire.diagnostics import as_diagnostic
from getdsl.lsp.wire.places import Places
from getdsl.lsp.workspace import Workspace

Found = dict[str, list[types.Diagnostic]]


@dataclass
class Publisher:
    """`waiting` are documents that were edited since.

    `said` is what each document's check says of files, and `told` the check that it was said of.
    """

    workspace: Workspace
    places: Places
    publish: Callable[[types.PublishDiagnosticsParams], None]
    waiting: dict[str, None] = field(default_factory=dict)
    said: dict[str, Found] = field(default_factory=dict)
    told: dict[str, Analysis | None] = field(default_factory=dict)

    def edited(self, uris: Iterable[str]) -> None:
        self.waiting.update(dict.fromkeys(uris))

    def closed(self, uri: str) -> None:
        """Takes back what a document's check said."""
        self.waiting.pop(uri, None)
        self.told.pop(uri, None)
        gone = self.said.pop(uri, {})
        self._tell({uri: None} | dict.fromkeys(gone))

    def run(self) -> None:
        """Checks what was edited, and all that reads what has changed, and tells what has become of files."""
        changed, self.waiting = self.waiting, {}
        for uri in [*self.workspace.documents]:
            analysis = self.workspace.analysis(uri)
            if uri not in self.said or self.told[uri] is not analysis:
                changed.update(dict.fromkeys(self.said.pop(uri, {})))
                self.said[uri], self.told[uri] = self._found(uri, analysis), analysis
                changed.update(dict.fromkeys(self.said[uri]))
        self._tell(changed)

    def _found(self, uri: str, analysis: Analysis | None) -> Found:
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
