"""Which column of a file of regions holds what: by a header's names, or by the number of columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from getdsl.formats.text import FormatError

SUMMIT = "summit"
"""The column of a narrowPeak's tenth field: bp from the region's start."""

NAMES: Mapping[str, frozenset[str]] = {
    "chrom": frozenset("chrom chr chromosome seqnames seqname seqid".split()),
    "start": frozenset("start chromstart chrom_start".split()),
    "end": frozenset("end stop chromend chrom_end".split()),
    "strand": frozenset({"strand"}),
    "name": frozenset("name region region_id peak_id peak_name".split()),
    SUMMIT: frozenset({"summit", "peak"}),
}
"""How headers call the columns, in any case."""

SPACES, TABS = "its columns are parted by spaces", "put tabs between them"

_PEAK = ("score", "signalValue", "pValue", "qValue")
_KEPT: Mapping[str, tuple[str | None, ...]] = {  # what is kept of columns 5, 7, 8, …
    "bed": ("score",),
    "broadPeak": _PEAK,
    "narrowPeak": (*_PEAK, SUMMIT),
    "gappedPeak": ("score", *(None,) * 6, *_PEAK[1:]),
}


@dataclass(frozen=True)
class Layout:
    """Columns by number, from 0: `places` those of a region itself, `others` what else is kept, by name."""

    width: int
    places: Mapping[str, int]
    others: Mapping[str, int] = field(default_factory=dict)


def layout_of(path: Path, line: int, first: Sequence[str]) -> tuple[Layout, bool]:
    """What the columns of a file hold, by its first row, and whether that row is a header.

    Raises FormatError where that cannot be told.
    """
    if len(first) >= 3 and all(_is_number(text) for text in first[1:3]):
        return _without_header(path, len(first)), False
    found = places_by_name(first)
    if all(found.get(name) is not None for name in ("chrom", "start", "end")):
        return _refuse_ones(path, line, found, first), True
    return _refuse_row(path, line, first)


def is_header(fields: Sequence[str]) -> bool:
    """Whether a row, perhaps a comment, names the columns of regions."""
    return {"chrom", "start", "end"} <= places_by_name(fields).keys()


def places_by_name(fields: Sequence[str]) -> dict[str, int]:
    """The columns of a region itself, by number, as far as a header names them."""
    called = [text.strip().lstrip("#").strip().lower() for text in fields]
    return {
        name: next(number for number, text in enumerate(called) if text in spellings)
        for name, spellings in NAMES.items()
        if spellings & set(called)
    }


def _refuse_ones(path: Path, line: int, places: Mapping[str, int], header: Sequence[str]) -> Layout:
    names = [text.strip().lstrip("#").strip() for text in header]
    if "abs_summit" in names:
        fix = "give the narrowPeak or BED file beside it"
        raise FormatError(path, line, "it is a table of MACS, which counts from 1", fix)
    twice = [name for number, name in enumerate(names) if name in names[:number]]
    if twice:
        raise FormatError(path, line, f"two columns are called {twice[0]!r}")
    others = {
        name: number for number, name in enumerate(names) if name and number not in set(places.values())
    }
    return Layout(len(names), places, others)


def _without_header(path: Path, width: int) -> Layout:
    names = ("chrom", "start", "end", "name", None, "strand")
    places = {name: number for number, name in enumerate(names[:width]) if name is not None}
    others = {
        name: number for number, name in zip((4, *range(6, width)), _kept(path, width), strict=False) if name
    }
    if SUMMIT in others:
        places[SUMMIT] = others.pop(SUMMIT)
    return Layout(width, places, others)


def _kept(path: Path, width: int) -> tuple[str | None, ...]:
    """The names of columns 5, 7, 8, …: of 9 columns a broadPeak is told from a BED by its name."""
    if width < 5:
        return ()
    by_width = {10: "narrowPeak", 15: "gappedPeak"}
    is_broad = width == 9 and "broadpeak" in path.name.lower()
    return _KEPT["broadPeak" if is_broad else by_width.get(width, "bed")]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _refuse_row(path: Path, line: int, first: Sequence[str]) -> tuple[Layout, bool]:
    if len(first) == 1 and len(first[0].split()) >= 3:
        raise FormatError(path, line, SPACES, TABS)
    lacking = [name for name in ("chrom", "start", "end") if name not in places_by_name(first)]
    if len(lacking) < 3:
        raise FormatError(path, line, f"the header lacks {', '.join(lacking)}")
    problem = f"expected chrom, start and end, or a header with these names, found {_shown(first)}"
    raise FormatError(path, line, problem)


def _shown(fields: Sequence[str]) -> str:
    text = ", ".join(repr(text) for text in fields[:4])
    return f"{text}, …" if len(fields) > 4 else text
