"""Names of weights as a spec writes them: `encoder.blocks[0..2].attn`."""

from __future__ import annotations

from getdsl.grammar import syntax

MAX_PARTS = 10_000  # that ranges such as `blocks[0..12]` name


def weight_paths(expr: syntax.Expr) -> list[str] | None:
    """The names that an expression means, such as `encoder.blocks.0.attn`; None where it means none."""
    match expr:
        case syntax.Name(id=name):
            return [name]
        case syntax.Attribute(value=value, name=name):
            heads = weight_paths(value)
            return None if heads is None else [f"{head}.{name}" for head in heads]
        case syntax.Index(value=value, items=(item,)):
            heads, steps = weight_paths(value), _numbers(item)
            if heads is None or steps is None or len(heads) * len(steps) > MAX_PARTS:
                return None
            return [f"{head}.{step}" for head in heads for step in steps]
    return None


def _numbers(item: syntax.Expr) -> range | None:
    """What stands in brackets: a number, or a range of them that excludes its end."""
    match item:
        case syntax.Number(value=int(value)):
            return range(value, value + 1)
        case syntax.Range(start=syntax.Number(value=int(start)), stop=syntax.Number(value=int(stop))):
            return range(start, stop) if stop - start <= MAX_PARTS else None
    return None
