"""Diagnostics as text, JSON, SARIF, or GitHub annotations."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import IO, Any

from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.diagnostics.fixes import Edit
from getdsl.diagnostics.text import SHOWN, render_text
from getdsl.text.visible import visible


def render(diagnostics: Sequence[Diagnostic], format: str, stream: IO[str] | None = None) -> str:
    """All diagnostics in one format; text is coloured where `stream` is a terminal."""
    if format == "json":
        return json.dumps([as_json(item) for item in diagnostics], indent=2)
    if format == "sarif":
        from getdsl.diagnostics.sarif import as_sarif  # late: the texts of all codes

        return as_sarif(diagnostics)
    if format == "github":
        return "\n".join(as_github(item) for item in diagnostics[:SHOWN])
    if stream is None:
        return render_text(diagnostics)
    return render_text(diagnostics, color=takes_color(stream), links=takes_links(stream))


def takes_color(stream: IO[str]) -> bool:
    """Whether it is a terminal that shows colour, and the user has not asked for none (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def takes_links(stream: IO[str]) -> bool:
    """Whether it is a terminal that may show links (OSC 8); `FORCE_HYPERLINK` says so either way."""
    forced = os.environ.get("FORCE_HYPERLINK")
    if forced:
        return forced != "0"
    return takes_color(stream) and not os.environ.get("CI")


def _place(item: Label | Edit) -> dict[str, Any]:
    """A place, and the text that stands under it, or that replaces it."""
    span = item.span
    end_line, end_column = span.file.position(span.end)
    return {
        "file": span.file.name,
        "line": span.line,
        "column": span.column,
        "end_line": end_line,
        "end_column": end_column,
        "text": item.text,
    }


def as_json(item: Diagnostic) -> dict[str, Any]:
    return {
        "code": item.code,
        "severity": item.severity,
        "message": item.message,
        "primary": _place(item.primary) if item.primary else None,
        "labels": [_place(label) for label in item.labels],
        "notes": list(item.notes),
        "help": item.help,
        "fixes": [{"title": fix.title, "edits": [_place(edit) for edit in fix.edits]} for fix in item.fixes],
    }


def as_github(item: Diagnostic) -> str:
    """A workflow command that marks the line in a pull request."""
    kind = {"error": "error", "warning": "warning", "note": "notice"}[item.severity]
    parts = [
        item.message,
        *(f"{note}" for note in item.notes),
        *([f"help: {item.help}"] if item.help else []),
    ]
    message = _data("\n".join(parts))
    if item.primary is None:
        return f"::{kind} title={item.code}::{message}"
    place = _place(item.primary)
    start = f"line={place['line']},col={place['column']}"
    end = f"endLine={place['end_line']},endColumn={place['end_column']}"
    return f"::{kind} file={_property(place['file'])},{start},{end},title={item.code}::{message}"


def _data(text: str) -> str:
    """Text as a workflow command has it: on one line, whatever it holds."""
    return visible(text, keep="\n\t").replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    """A value among the others of a workflow command; a name is escaped as messages show it."""
    return visible(text, keep="").replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
