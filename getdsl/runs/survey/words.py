"""A survey in words: for the terminal, for a page, and as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from getdsl.formats.json_values import Json
from getdsl.runs.survey.first import Sample
from getdsl.runs.survey.speed import Speed
from getdsl.runs.survey.survey import Part, Survey
from getdsl.runs.survey.tally import KeyFigures

BARS = " ▁▂▃▄▅▆▇█"
SHOWN = 8  # chromosomes or cell types that a line names
KEYS = ("key", "shape", "dtype", "range", "mean", "0", "NaN", "histogram")


def kind_of(key: KeyFigures) -> str:
    """The shape of a sample, and what its values are: `[1000, 4] DNA`."""
    shape = "[…]" if key.shape is None else str(list(key.shape))
    return f"{shape} {'DNA' if key.letters else key.dtype}"


def part_row(part: Part) -> tuple[str, str, str]:
    """A split's name, its samples, and where they lie."""
    lines = [_listed(part.chromosomes)]
    if part.celltypes:
        lines.append(_listed(part.celltypes))
    if part.negatives is not None:
        lines.append(f"{part.negatives:,} negatives")
    return part.name, f"{part.samples:,}", "; ".join(filter(None, lines))


def _listed(times: Mapping[str, int]) -> str:
    shown = [f"{name} {number:,}" for name, number in list(times.items())[:SHOWN]]
    more = len(times) - SHOWN
    return ", ".join([*shown, f"and {more} more"] if more > 0 else shown)


def key_row(key: KeyFigures) -> tuple[str, ...]:
    shape = "varies" if key.shape is None else str(list(key.shape))
    if key.letters:
        bases = ", ".join(f"{base} {_share(share)}" for base, share in key.letters.items())
        return key.name, shape, "DNA", "", "", "", "", bases
    span = f"{_number(key.low)} to {_number(key.high)}"
    return key.name, shape, key.dtype, span, _number(key.mean), _share(key.zeros), _share(key.nan), bars(key)


def bars(key: KeyFigures, width: int = 20) -> str:
    """A histogram in a few characters."""
    if len(key.counts) < width:
        return ""
    counts = np.add.reduceat(key.counts, np.linspace(0, len(key.counts), width, endpoint=False).astype(int))
    heights = np.ceil(counts / max(1.0, counts.max()) * (len(BARS) - 1)).astype(int)
    return "".join(BARS[height] for height in heights)


def _share(share: float) -> str:
    if 0 < share < 0.001:
        return "<0.1 %"
    return f"{100 * share:.1f} %"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def looked_at(found: Survey) -> str:
    """Of how many samples the figures are."""
    if found.looked_at == found.samples:
        return "figures of all samples"
    return f"figures of {found.looked_at:,} of the {found.samples:,} samples, the same each time"


def speed_line(speed: Speed) -> str:
    how = f"{speed.workers} workers" if speed.workers else "in one process"
    return f"reads {speed.rate:,.0f} samples a second ({how}, batches of {speed.batch})"


def aligned(rows: Sequence[Sequence[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Rows as lines, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if number in right else cell.ljust(width)
            for number, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def survey_text(name: str, found: Survey) -> str:
    """The tables of splits and keys, and what is wrong."""
    lines = [f"{name}: {found.samples:,} samples, from {found.path}", ""]
    lines += aligned([("split", "samples", ""), *map(part_row, found.parts)], frozenset({1}))
    rows = [KEYS, *map(key_row, found.keys)]
    lines += ["", *aligned(rows, frozenset({4, 5, 6})), "", looked_at(found)]
    return "\n".join([*lines, *(f"warning: {warning}" for warning in found.warnings)])


def samples_text(samples: Sequence[Sample]) -> str:
    """The first samples, a paragraph each."""
    return "\n\n".join("\n".join(_paragraph(sample)) for sample in samples)


def _paragraph(sample: Sample) -> list[str]:
    table = "  ".join(f"{name} {value}" for name, value in sample.table.items())
    return [
        f"sample {sample.number} ({sample.split})  {table}",
        *(f"  {line}" for line in aligned(list(sample.keys.items()))),
    ]


def as_json(found: Survey, samples: Sequence[Sample] = (), speed: Speed | None = None) -> dict[str, Json]:
    """The same as JSON has it; what is not a number is null."""
    result: dict[str, Json] = {
        "path": found.path,
        "samples": found.samples,
        "splits": {
            part.name: {
                "samples": part.samples,
                "chromosomes": dict(part.chromosomes),
                **({"celltypes": dict(part.celltypes)} if part.celltypes else {}),
                **({"negatives": part.negatives} if part.negatives is not None else {}),
            }
            for part in found.parts
        },
        "looked_at": found.looked_at,
        "keys": {key.name: _key_json(key) for key in found.keys},
        "warnings": list(found.warnings),
    }
    if samples:
        result["first"] = [
            {"sample": each.number, "split": each.split, **each.table, "keys": dict(each.keys)}
            for each in samples
        ]
    if speed is not None:
        result["speed"] = {
            "samples_per_second": speed.rate,
            "seconds": speed.seconds,
            "batch_size": speed.batch,
            "workers": speed.workers,
        }
    return result


def _key_json(key: KeyFigures) -> dict[str, Json]:
    found: dict[str, Json] = {
        "shape": list(key.shape) if key.shape is not None else None,
        "dtype": key.dtype,
        "values": key.values,
        "min": _real(key.low),
        "max": _real(key.high),
        "mean": _real(key.mean),
        "zeros": key.zeros,
        "nan": key.nan,
    }
    if key.letters:
        return {**found, "letters": dict(key.letters)}
    return {**found, "histogram": {"edges": key.edges.tolist(), "counts": key.counts.tolist()}}


def _real(value: float) -> float | None:
    return value if math.isfinite(value) else None
