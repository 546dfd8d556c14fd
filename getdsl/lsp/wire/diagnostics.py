"""Diagnostics as the protocol has them: causes are related places, help and notes follow the message."""

from __future__ import annotations

from lsprotocol import types

from getdsl.diagnostics import Diagnostic
from getdsl.lsp.features.reports import Report
from getdsl.lsp.wire.places import Places

SEVERITIES = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "note": types.DiagnosticSeverity.Information,
}


def as_diagnostic(places: Places, report: Report) -> types.Diagnostic:
    item = report.diagnostic
    return types.Diagnostic(
        range=places.range(report.span),
        message=message(item),
        severity=SEVERITIES[item.severity],
        code=item.code,
        source="getdsl",
        related_information=_related(places, report) or None,
    )


def message(item: Diagnostic) -> str:
    """All that is said but for the labels at other places."""
    at_place = item.primary.text if item.primary is not None else ""
    lines = [item.message, at_place, *item.notes, f"help: {item.help}" if item.help else ""]
    return "\n".join(line for line in lines if line)


def _related(places: Places, report: Report) -> list[types.DiagnosticRelatedInformation]:
    item = report.diagnostic
    labels = list(item.labels)
    if item.primary is not None and item.primary.span is not report.span:
        labels.insert(0, item.primary)
    return [
        types.DiagnosticRelatedInformation(places.location(label.span), label.text or "here")
        for label in labels
    ]
