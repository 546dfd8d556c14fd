"""Diagnostics as text, JSON, or GitHub annotations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import IO, Any

from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.diagnostics.text import render_text


def render(diagnostics: Sequence[Diagnostic], format: str, stream: IO[str] | None = None) -> str:
    """All diagnostics in one format; text is coloured where `stream` is a terminal."""
    if format == "json":
        return json.dumps([as_json(item) for item in diagnostics], indent=2)
    if format == "github":
        return "\n".join(as_github(item) for item in diagnostics)
    return render_text(diagnostics, color=stream is not None and stream.isatty())


def _place(label: Label) -> dict[str, Any]:
    span = label.span
    end_line, end_column = span.file.position(span.end)
    return {
        "file": span.file.name,
        "line": span.line,
        "column": span.column,
        "end_line": end_line,
        "end_column": end_column,
        "text": label.text,
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
    }


def as_github(item: Diagnostic) -> str:
    """A workflow command that marks the line in a pull request."""
    kind = {"error": "error", "warning": "warning", "note": "notice"}[item.severity]
    parts = [
        item.message,
        *(f"{note}" for note in item.notes),
        *([f"help: {item.help}"] if item.help else []),
    ]
    message = "\n".join(parts).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    if item.primary is None:
        return f"::{kind} title={item.code}::{message}"
    place = _place(item.primary)
    name = place["file"].replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    start = f"line={place['line']},col={place['column']}"
    end = f"endLine={place['end_line']},endColumn={place['end_column']}"
    return f"::{kind} file={name},{start},{end},title={item.code}::{message}"
