"""The tables of peaks of GET's older folders."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.region_motif.peaks import Peaks
from getdsl.formats.text import FormatError, read_lines

NEEDED = "Chromosome", "Start", "End"
FIX = "give a table with the columns Chromosome, Start and End, and commas between"


def read_peaks(path: Path) -> Peaks:
    """The peaks of a CSV table, plain or gzipped, in its order. Raises DataError with the line."""
    try:
        lines = list(read_lines(path))
    except FormatError as error:
        raise DataError(path, error.problem, FIX) from error
    head = next(csv.reader([lines[0][1]])) if lines else []
    if missing := [name for name in NEEDED if name not in head]:
        raise DataError(path, f"it has no column {missing[0]}", FIX)
    places = [head.index(name) for name in NEEDED]
    chrom, start, end = [], [], []
    for (line, _), row in zip(lines[1:], csv.reader(text for _, text in lines[1:]), strict=True):
        try:
            values = [row[place] for place in places]
            start.append(int(values[1]))
            end.append(int(values[2]))
        except (IndexError, ValueError):
            raise DataError(path, f"line {line} is no peak", FIX) from None
        if not 0 <= start[-1] < end[-1]:
            raise DataError(
                path, f"line {line}: the peak ends before it begins", "write the smaller position first"
            )
        chrom.append(values[0])
    if not chrom:
        raise DataError(path, "it has no peaks", FIX)
    place = {name: number for number, name in enumerate(dict.fromkeys(chrom))}
    return Peaks(tuple(place), np.array([place[name] for name in chrom]), np.array(start), np.array(end))
