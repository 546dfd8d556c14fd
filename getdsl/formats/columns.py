"""Columns of tables: bytes as they stand in a file become numbers, or text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

MISSING = (b"", b"NA", b"N/A", b"nan", b"NaN", b"NAN", b".", b"null", b"None")
"""What stands in a column of numbers where there is none."""


def as_column(parts: Sequence[Array]) -> Array:
    """A column as numbers where all are, int64, or float64 with NaN where one is missing; else as text."""
    fields = np.concatenate(parts) if parts else np.array([], "S1")
    if fields.dtype.kind == "O":
        return np.array([field.decode() for field in fields], object)
    try:
        return fields.astype(np.int64)
    except (ValueError, OverflowError):
        pass
    absent = np.isin(fields, MISSING)
    try:
        if not absent.all():
            return np.where(absent, b"nan", fields).astype(np.float64)
    except ValueError:
        pass
    return as_text(fields)


def as_text(fields: Array) -> Array:
    """Bytes as text of a fixed width."""
    if fields.dtype.kind == "O":
        return np.array([field.decode() for field in fields], object)
    try:
        return fields.astype(str)
    except UnicodeDecodeError:  # the fast way reads ASCII only
        found: Array = np.char.decode(fields, "utf-8")
        return found
