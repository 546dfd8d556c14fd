"""Diagnostics by the file that they are shown in."""

from __future__ import annotations

from typing import NamedTuple

from getdsl.diagnostics import Diagnostic
from getdsl.grammar import syntax
from getdsl.lsp.analysis import Analysis
from getdsl.lsp.shipped import is_shipped
from getdsl.text.source import Span


class Report(NamedTuple):
    """A diagnostic at the place where the user can do something about it."""

    diagnostic: Diagnostic
    span: Span


def reports(analysis: Analysis) -> list[Report]:
    """All that the check of a document says, in it and in the files that it uses."""
    return [Report(item, _place(analysis, item)) for item in analysis.diagnostics]


def _place(analysis: Analysis, item: Diagnostic) -> Span:
    """Its own place; of one in a used file that comes with getdsl, the `use` that leads there."""
    if item.primary is None:
        return Span(analysis.source, 0, 0)
    place = item.primary.span
    if place.file is analysis.source or not is_shipped(place.file):
        return place
    uses = (each.span for each in analysis.unit.file.items if isinstance(each, syntax.Use))
    return next(uses, Span(analysis.source, 0, 0))
