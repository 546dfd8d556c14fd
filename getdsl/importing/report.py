"""What an import did, for people and for tools."""

from __future__ import annotations

import json
import textwrap
from typing import Any

from getdsl.importing.config import Unresolved
from getdsl.importing.convert import Imported, fates
from getdsl.importing.ledger import Entry
from getdsl.importing.literals import WIDTH, shown


def report_text(imported: Imported) -> str:
    """The counts, then every setting that is not carried over or not as it was, with its place."""
    counts = fates(imported.entries)
    total = len(imported.entries)
    anyway = f", {counts['default']} say what {imported.use} does anyway" if imported.use else ""
    lines = [
        *_wrapped(f"{total} setting{'s' if total != 1 else ''} of {', '.join(imported.files)}", 0),
        f"  {counts['written']} are in the spec{anyway}",
    ]
    for fate, title in (
        ("none", "have no counterpart"),
        ("unknown", "are not known"),
    ):
        if counts[fate]:
            lines.append(f"  {counts[fate]} {title}:" if counts[fate] != 1 else f"  1 {_singular(title)}:")
            for item in imported.entries:
                lines += _row(item) if item.fate == fate else []
    changed = [item for item in imported.entries if item.fate == "written" and item.note]
    if changed:
        lines.append(f"  {len(changed)} of those in the spec {'differs' if len(changed) == 1 else 'differ'}:")
        for item in changed:
            lines += _row(item)
    return "\n".join(lines)


def _singular(title: str) -> str:
    return title.replace("have", "has").replace("are", "is")


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
