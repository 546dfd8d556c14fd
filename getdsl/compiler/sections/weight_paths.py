"""Names of weights as a spec writes them: `encoder.blocks[0..2].attn`."""

from __future__ import annotations

from itertools import product
from math import prod

from getdsl.grammar import syntax
from getdsl.grammar.chains import links

MAX_PARTS = 10_000  # that ranges such as `blocks[0..12]` name


def weight_paths(expr: syntax.Expr) -> list[str] | None:
    """The names that an expression means, such as `encoder.blocks.0.attn`; None where it means none."""
    parts: list[list[str]] = []
    for link in (*links(expr), None):
        match link:
            case syntax.Attribute(value=first, name=name):
                parts.append([name])
            case syntax.Index(value=first, items=(item,)) if numbers := _numbers(item):
                parts.append([str(number) for number in numbers])
            case None:
                break
            case _:
                return None
        expr = first
    if not isinstance(expr, syntax.Name) or prod(map(len, parts)) > MAX_PARTS:
        return None
    return [".".join((expr.id, *names)) for names in product(*reversed(parts))]


def _numbers(item: syntax.Expr) -> range | None:
    """What stands in brackets: a number, or a range of them that excludes its end."""
    match item:
        case syntax.Number(value=int(value)):
            return range(value, value + 1)
        case syntax.Range(start=syntax.Number(value=int(start)), stop=syntax.Number(value=int(stop))):
            return range(start, stop) if stop - start <= MAX_PARTS else None
    return None
