"""Columns of tables as the numbers of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from getdsl.data.errors import DataError, suggest

Array = np.ndarray[Any, Any]
Floats = np.ndarray[Any, np.dtype[np.float32]]
Refusal = Callable[[int, str, str], DataError]
"""What is said of a row, by its number: what is wrong with it, and what to do."""

_TRUTHS = {"true": 1.0, "false": 0.0}
_NO_NUMBER = "give each region a number, or say what else it is: `missing = 0.0`"


def numbers_of(column: Array, refused: Refusal, missing: float | None) -> Floats:
    """Numbers [n]; true is 1 and false 0, and `missing` stands where there is none.

    Raises what `refused` makes of the first row that has none.
    """
    found = _floats(column, refused)
    absent = np.flatnonzero(~np.isfinite(found))
    if absent.size and missing is None:
        row = int(absent[0])
        more = f" ({absent.size:,} such rows)" if absent.size > 1 else ""
        raise refused(row, f"is {column[row]}, which is no number{more}", _NO_NUMBER)
    found[absent] = missing
    return found


def _floats(column: Array, refused: Refusal) -> Floats:
    if column.dtype.kind in "fiub":
        with np.errstate(over="ignore"):
            return column.astype(np.float32)
    texts = [str(value).strip() for value in column.tolist()]
    truths = [_TRUTHS.get(text.lower()) for text in texts]
    if all(truth is not None for truth in truths):
        return np.array(truths, np.float32)
    for row, value in enumerate(column.tolist()):
        if value is not None and not _is_number(value):
            fix = "name a column of numbers; a `Column` of text is read by `classes`"
            raise refused(row, f"is {str(value)!r}, which is no number", fix)
    return np.array([np.nan if value is None else float(value) for value in column.tolist()], np.float32)


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def classes_of(column: Array, classes: Sequence[str], refused: Refusal) -> Array:
    """The number of each value in `classes`, int64 [n]. Raises what `refused` makes of one that is none."""
    values, number = np.unique(column.astype(str), return_inverse=True)
    places = np.array([classes.index(text) if text in classes else -1 for text in values.tolist()], np.int64)
    found: Array = places[number]
    wrong = np.flatnonzero(found < 0)
    if wrong.size:
        text = str(column[wrong[0]])
        raise refused(int(wrong[0]), f"is {text!r}, which is none of `classes`", suggest(text, classes))
    return found
