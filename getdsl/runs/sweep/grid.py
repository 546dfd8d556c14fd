"""The grid of a sweep: `lr=1e-3,3e-3` as a name and its values, and all points of several."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import product

from getdsl.diagnostics import Diagnostics, UserError
from getdsl.grammar import parse_expression, syntax
from getdsl.text.source import SourceFile

MOST = 1000  # points
NAME = re.compile(r"[A-Za-z_][\w.]*(\[\d+\][\w.]*)*")
SEED = "train.seed"

Grid = Mapping[str, Sequence[str]]
Settings = Mapping[str, str]  # of a point, by name, the values as `--set` takes them


def read_grid(texts: Sequence[str], seeds: str | None) -> dict[str, list[str]]:
    """The values by name.

    Raises UserError for what is no grid.
    """
    grid: dict[str, list[str]] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        found = _values(values)
        if not equals or not NAME.fullmatch(name.strip()) or not found or not all(found):
            raise UserError(
                f"`--grid {text}` is no name with values", "write it as `--grid optimizer.lr=1e-3,3e-3`"
            )
        if name.strip() in grid:
            raise UserError(
                f"`--grid {name.strip()}` is given twice", "give all values at once, with commas between"
            )
        grid[name.strip()] = found
    if seeds is not None:
        grid |= {SEED: _seeds(seeds)}
    if not grid:
        raise UserError(
            "nothing says what to sweep over", "add `--grid optimizer.lr=1e-3,3e-3` or `--seeds 0,1,2`"
        )
    return grid


def _seeds(text: str) -> list[str]:
    found = [item.strip() for item in text.split(",")]
    if not all(item.isdecimal() for item in found):
        raise UserError(f"`--seeds {text}` are no seeds", "write them as `--seeds 0,1,2`")
    return list(dict.fromkeys(str(int(item)) for item in found))


def _values(text: str) -> list[str]:
    """What stands between commas, each once; those in brackets and quotes are of the value."""
    quiet = Diagnostics()
    expr = parse_expression(SourceFile("--grid", f"[{text}]"), quiet)
    if isinstance(expr, syntax.List) and not quiet.errors:
        found = [_plain(item) for item in expr.items]
    else:
        found = [item.strip() for item in text.split(",")]
    return list(dict.fromkeys(found))


def _plain(item: syntax.Expr) -> str:
    """A number as it is, so that 1e-3 and 0.001 are one point; anything else as it was written."""
    return repr(item.value).removesuffix(".0") if isinstance(item, syntax.Number) else item.span.text


def points(grid: Grid) -> list[dict[str, str]]:
    """Every combination of the values. Raises UserError where there are more than anybody trains."""
    number = 1
    for values in grid.values():
        number *= len(values)
    if number > MOST:
        raise UserError(
            f"the grid has {number:,} points", f"a sweep trains at most {MOST:,}: give fewer values"
        )
    return [dict(zip(grid, values, strict=True)) for values in product(*grid.values())]
