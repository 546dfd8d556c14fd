"""What was set otherwise in some runs than in others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from getdsl.runs.comparison.row import RunRow

SHORT = 40  # characters of a value that is shown as it is
SEED = "train.seed"  # has a column of its own
MODEL = ("the model", "the model's inputs", "loss", "metrics")  # parts that params and weights change too


def changed_settings(rows: Sequence[RunRow]) -> dict[str, list[str]]:
    """By name, as `--set` takes it, the value in each run; empty where a run leaves it as the file has it."""
    known = [row for row in rows if row.parts]
    settings = {name for row in known for name in row.parts if name not in MODEL and name != SEED}
    outside = {name for row in known for name in row.overrides if name not in settings and name != SEED}
    found = {name: [_outside(row, name) for row in rows] for name in sorted(outside)}
    found |= {name: [_part(row, name) for row in rows] for name in sorted(settings)}
    changed = {name: values for name, values in found.items() if _differ(rows, values)}
    if not changed:  # the text itself was edited
        edited = {name: [_part(row, name) for row in rows] for name in MODEL}
        changed = {name: values for name, values in edited.items() if _differ(rows, values)}
    return changed


def _differ(rows: Sequence[RunRow], values: Sequence[str]) -> bool:
    """Whether runs that say what they are have different values."""
    return len({value for row, value in zip(rows, values, strict=True) if row.parts}) > 1


def _outside(row: RunRow, name: str) -> str:
    return _short(json.dumps(row.overrides[name])) if name in row.overrides else ""


def _part(row: RunRow, name: str) -> str:
    return _short(row.parts.get(name, ""))


def _short(text: str) -> str:
    """A value, or of a long one the first digits of its hash: enough to tell it from others."""
    if len(text) > SHORT or "\n" in text:
        return f"#{hashlib.sha256(text.encode()).hexdigest()[:6]}"
    return text.strip('"')


def groups(rows: Sequence[RunRow]) -> dict[str, list[RunRow]]:
    """Runs that differ in nothing but their seed, by what tells them from the others."""
    changed = changed_settings(rows)
    found: dict[tuple[str, ...], list[int]] = {}
    for number, row in enumerate(rows):
        parts = {name: text for name, text in row.parts.items() if name != SEED}
        key = (json.dumps(parts, sort_keys=True),) if parts else (str(row.folder),)
        found.setdefault(key, []).append(number)
    named: dict[str, list[RunRow]] = {}
    for numbers in found.values():
        first = numbers[0]
        settings = [f"{name} = {values[first]}" for name, values in changed.items() if values[first]]
        label = ", ".join(settings) or rows[first].folder.name
        named.setdefault(label if label not in named else str(rows[first].folder), []).extend(
            rows[number] for number in numbers
        )
    return named
