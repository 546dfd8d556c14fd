"""What an import did, for people and for tools."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from getdsl.diagnostics.listing import joined
from getdsl.importing.config import Unresolved
from getdsl.importing.convert import Imported, fates
from getdsl.importing.ledger import Entry, Fate
from getdsl.importing.literals import WIDTH, shown


def report_text(imported: Imported) -> str:
    """The counts, then every setting that is not carried over or not as it was, with its place."""
    entries = imported.entries
    return "\n".join(
        [
            *_counts(imported),
            *_listed("has no counterpart", "have no counterpart", _of(entries, "none")),
            *_listed("is not known", "are not known", _of(entries, "unknown")),
            *_listed(
                "of those in the spec differs",
                "of those in the spec differ",
                [item for item in _of(entries, "written") if item.note],
            ),
        ]
    )


def _counts(imported: Imported) -> list[str]:
    counts, total = fates(imported.entries), len(imported.entries)
    settings = "setting" if total == 1 else "settings"
    says, are = "says" if counts["default"] == 1 else "say", "is" if counts["written"] == 1 else "are"
    anyway = f", {counts['default']} {says} what {imported.use} does anyway" if imported.use else ""
    return [
        *_wrapped(f"{total} {settings} of {joined(imported.files)}", 0),
        f"  {counts['written']} {are} in the spec{anyway}",
    ]


def _of(entries: Iterable[Entry], fate: Fate) -> list[Entry]:
    return [item for item in entries if item.fate == fate]


def _listed(one: str, several: str, entries: Sequence[Entry]) -> list[str]:
    """A title with the number of entries and a row for each; nothing where there are none."""
    title = f"  {len(entries)} {one if len(entries) == 1 else several}:"
    return [title, *(line for item in entries for line in _row(item))] if entries else []


def _row(item: Entry) -> list[str]:
    return [
        *_wrapped(f"{item.path} = {shown(item.value)}  ({item.place})", 4),
        *_wrapped(item.note or "", 8),
    ]


def _wrapped(text: str, indent: int) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 4),
        break_long_words=False,
        break_on_hyphens=False,
    )


def report_json(imported: Imported) -> str:
    """The mapping as data."""
    return json.dumps(
        {
            "files": list(imported.files),
            "target": imported.target,
            "use": imported.use,
            "model": imported.model,
            "gap": imported.gap,
            "counts": dict(fates(imported.entries)),
            "settings": [_entry(item) for item in imported.entries],
            "text": imported.text,
        },
        indent=2,
        default=str,
    )


def _entry(item: Entry) -> dict[str, Any]:
    return {
        "path": item.path,
        "value": _json(item.value),
        "file": item.place.file,
        "line": item.place.line,
        "fate": item.fate,
        "becomes": item.becomes,
        "note": item.note,
    }


def _json(value: Any) -> Any:
    if isinstance(value, Unresolved):
        return value.text
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, dict):
        return {name: _json(item) for name, item in value.items()}
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return str(value)
    return value
