"""Rows of text cut at tabs or commas: columns of many rows at once, never a row at a time."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from getdsl.formats.text import FormatError

T = TypeVar("T")
Array = np.ndarray[Any, Any]
Ints = np.ndarray[Any, np.dtype[np.int64]]

UNIT = "\x1f"  # a delimiter that no text holds
_NEWLINE, _SPACE, _TAB = ord("\n"), ord(" "), ord("\t")
_DIGITS = 18  # that int64 holds for certain
_WIDE = 255  # bytes of a text that is kept at a fixed width


@dataclass(frozen=True)
class Fields:
    """The rows of a block that hold data; `lines` are their numbers in the file [n]."""

    path: Path
    data: Array  # the block's bytes
    delimiter: int
    starts: Ints  # of each row in `data`
    stops: Ints
    lines: Ints

    def __len__(self) -> int:
        return len(self.starts)

    @cached_property
    def _cuts(self) -> Ints:
        return np.flatnonzero((self.data == self.delimiter) | (self.data == _NEWLINE))

    @cached_property
    def _first(self) -> Ints:
        """The place in `_cuts` of each row's first."""
        return np.searchsorted(self._cuts, self.starts)

    @cached_property
    def widths(self) -> Ints:
        """How many fields each row has [n]."""
        return np.searchsorted(self._cuts, self.stops) - self._first + 1

    def bounds(self, column: int) -> tuple[Ints, Ints]:
        """Where a field of every row begins and ends, without the spaces around it."""
        end = self._cuts[self._first + column]
        start = self.starts if column == 0 else self._cuts[self._first + column - 1] + 1
        while (padded := (start < end) & (self.data[np.minimum(start, len(self.data) - 1)] == _SPACE)).any():
            start = start + padded
        while (padded := (start < end) & (self.data[end - 1] == _SPACE)).any():
            end = end - padded
        return start, end

    def bytes_of(self, column: int) -> Array:
        """A field of every row, as bytes of a fixed width [n]."""
        start, end = self.bounds(column)
        width = max(1, int((end - start).max(initial=0)))
        if width > _WIDE:
            return np.array([self.data[a:b].tobytes() for a, b in zip(start, end, strict=True)], object)
        at = start[:, None] + np.arange(width)
        letters = self.data[np.minimum(at, len(self.data) - 1)]
        letters[at >= end[:, None]] = 0
        found: Array = np.ascontiguousarray(letters).view(f"S{width}")[:, 0]
        return found

    def integers(self, column: int, name: str) -> Ints:
        """Whole numbers [n]. Raises FormatError at the first row that has none."""
        start, end = self.bounds(column)
        signed = (start < end) & (self.data[np.minimum(start, len(self.data) - 1)] == ord("-"))
        start = start + signed
        length = end - start
        wrong = (length < 1) | (length > _DIGITS)
        found = np.zeros(len(self), np.int64)
        for place in range(min(_DIGITS, int(length.max(initial=0)))):
            at = start + place
            inside = at < end
            digit = self.data[np.where(inside, at, 0)].astype(np.int64) - ord("0")
            wrong |= inside & ((digit < 0) | (digit > 9))
            found = np.where(inside, found * 10 + digit, found)
        self.refuse(wrong, lambda row: f"{name} must be a whole number, found {self.field(row, column)!r}")
        return np.where(signed, -found, found)

    def numbers(self, column: int, name: str) -> Array:
        """Numbers [n] as float64. Raises FormatError at the first row that has none."""
        fields = self.bytes_of(column)
        try:
            return fields.astype(np.float64)
        except ValueError:
            wrong = np.array([not _is_number(field) for field in fields])
            self.refuse(wrong, lambda row: f"{name} must be a number, found {self.field(row, column)!r}")
            raise

    def text(self, row: int, column: int) -> str:
        """One field as text, without the spaces around it."""
        cut = self._first[row] + column
        start = self.starts[row] if column == 0 else self._cuts[cut - 1] + 1
        return self.data[start : self._cuts[cut]].tobytes().decode(errors="replace").strip(" ")

    def field(self, row: int, column: int) -> str:
        """One field as a message shows it."""
        text = self.text(row, column)
        return text if len(text) <= 40 else f"{text[:40]}…"

    def starting(self, word: bytes) -> Array:
        """Which rows begin with a word, of which only white space or the end may follow."""
        found = self.stops - self.starts >= len(word)
        for place, letter in enumerate(word):
            found = found & (self.data[np.minimum(self.starts + place, len(self.data) - 1)] == letter)
        after = self.data[np.minimum(self.starts + len(word), len(self.data) - 1)]
        found = found & ((after == _SPACE) | (after == _TAB) | (after == _NEWLINE))
        return np.asarray(found)

    def chosen(self, rows: Array) -> Fields:
        """Some of the rows, by number or by a mask."""
        return Fields(
            self.path, self.data, self.delimiter, self.starts[rows], self.stops[rows], self.lines[rows]
        )

    def refuse(self, wrong: Array, problem: Callable[[int], str], fix: str = "") -> None:
        """Raises FormatError at the first row that is wrong, with what is wrong with it."""
        if wrong.any():
            row = int(np.argmax(wrong))
            raise FormatError(self.path, int(self.lines[row]), problem(row), fix)


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def fields_of(path: Path, first: int, block: bytes, delimiter: str) -> Fields:
    """The rows of whole lines, of which `first` is the number of the first; blank lines are left out.

    Quotes are read where the delimiter is a comma.
    """
    if not block.isascii():
        _refuse_other_text(path, first, block)
    if delimiter == "," and b'"' in block:
        block, delimiter = _unquoted(path, first, block), UNIT
    data = np.frombuffer(block, np.uint8)
    stops = np.flatnonzero(data == _NEWLINE)
    starts = np.concatenate([[0], stops[:-1] + 1]).astype(np.int64)
    rows = Fields(path, data, ord(delimiter), starts, stops, first + np.arange(len(stops)))
    blank = starts == stops
    for row in np.flatnonzero(~blank & np.isin(data[starts], (_SPACE, _TAB))):
        blank[row] = not block[starts[row] : stops[row]].strip()
    return rows.chosen(~blank) if blank.any() else rows


def made_of(fields: Fields, make: Callable[[Fields], T]) -> T:
    """What `make` makes of rows. The first row that it refuses is told, in whatever order it looks."""
    try:
        return make(fields)
    except FormatError as error:
        before = fields.chosen(fields.lines < error.line)
        if len(before):
            made_of(before, make)
        raise


def _refuse_other_text(path: Path, first: int, block: bytes) -> None:
    try:
        block.decode()
    except UnicodeDecodeError as error:
        line = first + block.count(b"\n", 0, error.start)
        raise FormatError(path, line, "it is not text in UTF-8") from None


def _unquoted(path: Path, first: int, block: bytes) -> bytes:
    lines = block.decode().split("\n")[:-1]
    found = []
    for number, fields in enumerate(csv.reader(lines), first):
        if any("\n" in field for field in fields) or number - first >= len(lines):
            raise FormatError(path, number, "a quoted text goes on in the next line")
        found.append(UNIT.join(fields))
    if len(found) != len(lines):
        raise FormatError(path, first, "a quoted text goes on in the next line")
    return "".join(f"{line}\n" for line in found).encode()
