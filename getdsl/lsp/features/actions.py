"""What mends a mistake, where there is one right answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from getdsl.lsp.analysis import Analysis
from getdsl.lsp.features.reports import Report, reports
from getdsl.text.source import Span


class Action(NamedTuple):
    """A mend: what it does in words, the mistake that it mends, and the edits."""

    title: str
    report: Report
    edits: tuple[tuple[Span, str], ...]


def actions(analysis: Analysis, start: int, end: int) -> list[Action]:
    """The mends of what is reported between two places."""
    found = (item for item in reports(analysis) if item.span.file is analysis.source)
    return [
        action for item in found if item.span.start <= end and start <= item.span.end for action in _of(item)
    ]


def _of(report: Report) -> Iterator[Action]:
    for fix in report.diagnostic.fixes:
        yield Action(fix.title, report, tuple((edit.span, edit.text) for edit in fix.edits))
