"""BED and its relatives: regions of a genome, a line each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.formats.text import FormatError, read_lines

SUMMIT = "summit"
"""The column of a narrowPeak's tenth field: bp from the region's start."""

Column = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Rows:
    """Regions as a file has them; `line` is where each stands, from 1, `strand` 1, -1 or 0."""

    chrom: Column
    start: Column
    end: Column
    strand: Column
    name: Column
    line: Column
    columns: Mapping[str, Column] = field(default_factory=dict)


def read_bed(path: Path) -> Rows:
    """The regions of a file. Raises FormatError at a line that is none."""
    chroms: list[str] = []
    names: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    strands: list[int] = []
    lines: list[int] = []
    summits: list[int] = []
    header: list[str] = []
    cells: list[list[str]] = []
    for number, line in read_lines(path):
        if line.startswith(("#", "track", "browser")):
            continue
        fields = line.split("\t")
        if not lines and fields[:3] == ["chrom", "start", "end"]:
            header = fields
            continue
        if header:
            cells.append(fields)
            given = dict(zip(header, fields, strict=False))
            fields = [*fields[:3], given.get("name", "."), ".", given.get("strand", ".")]
        try:
            start, end = int(fields[1]), int(fields[2])
        except (IndexError, ValueError):
            raise FormatError(path, number, "expected `chrom start end` with tabs") from None
        if not 0 <= start < end:
            raise FormatError(path, number, f"a region needs 0 <= start < end, found {start} and {end}")
        chroms.append(fields[0])
        starts.append(start)
        ends.append(end)
        strands.append({"+": 1, "-": -1}.get(fields[5] if len(fields) > 5 else ".", 0))
        names.append(fields[3] if len(fields) > 3 and fields[3] != "." else f"{fields[0]}:{start}-{end}")
        lines.append(number)
        if len(fields) == 10:
            summits.append(int(fields[9]))
    columns = {SUMMIT: np.array(summits, np.int64)} if len(summits) == len(lines) and lines else {}
    for place, name in enumerate(header[3:], start=3):
        columns[name] = _typed(np.array([row[place] for row in cells], str))
    return Rows(
        np.array(chroms, str),
        np.array(starts, np.int64),
        np.array(ends, np.int64),
        np.array(strands, np.int8),
        np.array(names, str),
        np.array(lines, np.int64),
        columns,
    )


def _typed(values: Column) -> Column:
    """Numbers where all of a column are."""
    try:
        return values.astype(np.float64)
    except ValueError:
        return values
