"""Diagnostics as SARIF 2.1.0 (OASIS), which code hosts and editors read.

Columns count UTF-16 code units, lines and columns start at 1, and an end is the first column behind it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from getdsl.diagnostics.catalogue import CODES
from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.diagnostics.fixes import Edit, Fix
from getdsl.diagnostics.pages import page_of
from getdsl.text.source import SourceFile, Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
Object = dict[str, Any]


def as_sarif(diagnostics: Sequence[Diagnostic]) -> str:
    """One run with its rules and results."""
    used = [code for name, code in CODES.items() if any(item.code == name for item in diagnostics)]
    places = {code.id: number for number, code in enumerate(used)}
    run = {
        "tool": {
            "driver": {"name": "getdsl", "version": _version(), "rules": [_rule(code) for code in used]}
        },
        "columnKind": "utf16CodeUnits",
        "results": [_result(item, places) for item in diagnostics],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _version() -> str:
    try:
        return version("getdsl")
    except PackageNotFoundError:  # run from its sources
        return "0"


def _rule(code: Code) -> Object:
    page = page_of(code.id)
    return {
        "id": code.id,
        "shortDescription": {"text": code.title},
        "fullDescription": {"text": code.text},
        "help": {"text": code.explanation},
        **({"helpUri": page} if page else {}),
    }


def _result(item: Diagnostic, places: dict[str, int]) -> Object:
    lines = [item.message, *item.notes, *([f"help: {item.help}"] if item.help else [])]
    found: Object = {
        "ruleId": item.code,
        "ruleIndex": places[item.code],
        "level": item.severity,
        "message": {"text": "\n".join(lines)},
    }
    if item.primary is not None:
        found["locations"] = [_location(item.primary)]
    if item.labels:
        found["relatedLocations"] = [
            {"id": number, **_location(label)} for number, label in enumerate(item.labels)
        ]
    fixes = [_fix(fix) for fix in item.fixes]
    return found | ({"fixes": fixes} if fixes else {})


def _location(label: Label) -> Object:
    place: Object = {
        "physicalLocation": {"artifactLocation": _file(label.span.file), "region": _region(label.span)}
    }
    return place | ({"message": {"text": label.text}} if label.text else {})


def _file(file: SourceFile) -> Object:
    """A file by its name as it was given, or by its address where that is a whole path."""
    path = Path(file.name)
    return {"uri": path.as_uri() if path.is_absolute() else quote(path.as_posix())}


def _region(span: Span) -> Object:
    line, column = _position(span.file, span.start)
    end_line, end_column = _position(span.file, span.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _position(file: SourceFile, offset: int) -> tuple[int, int]:
    """Line and column from 1, in units of UTF-16."""
    line, _ = file.position(offset)
    before = file.text[file.line_starts[line - 1] : offset]
    return line, len(before.encode("utf-16-le", "surrogatepass")) // 2 + 1


def _fix(fix: Fix) -> Object:
    """The edits of a fix, in the one file that they are of."""
    changes = {
        "artifactLocation": _file(fix.edits[0].span.file),
        "replacements": [*_replacements(fix.edits)],
    }
    return {"description": {"text": fix.title}, "artifactChanges": [changes]}


def _replacements(edits: Iterable[Edit]) -> Iterable[Object]:
    for edit in edits:
        yield {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
