"""What a run wrote, read back: without torch, and with a bound."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

from getdsl.formats.json_values import Json
from getdsl.text.opener import MEBIBYTE, read_text

MOST = 16 * MEBIBYTE  # of a file


def read_table(path: Path) -> dict[str, Json]:
    """A JSON file that holds a table. Raises OSError, and ValueError where it is damaged."""
    found = json.loads(read_text(path, MOST))
    if not isinstance(found, dict):
        raise ValueError("it holds no table")
    return found


def read_history(path: Path) -> list[dict[str, str]]:
    """The rows of `history.csv`, as it is written. Raises OSError and ValueError."""
    return list(csv.DictReader(StringIO(read_text(path, MOST))))


def figures_of(table: object) -> dict[str, float | None]:
    """The numbers of a table, None where a figure is not defined."""
    found = table.items() if isinstance(table, dict) else ()
    return {str(name): value for name, value in found if value is None or isinstance(value, int | float)}
