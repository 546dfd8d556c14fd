"""What loops go through, and the names that each step binds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.members import plain
from getdsl.compiler.elaborate.values import Value, describe
from getdsl.compiler.graph.dimensions import Dim
from getdsl.diagnostics.mistakes import values
from getdsl.grammar import syntax

MAX_UNROLLED = 5_000  # steps of a loop
Step = tuple[Value, Value]


def steps_of(engine: Engine, frame: Frame, expr: syntax.Expr) -> Sequence[Step] | None:
    """Items with their numbers, or keys with their values, that a loop goes through; None after a report."""
    if isinstance(expr, syntax.Range):
        return _numbered(_range(engine, frame, expr))
    value = plain(frame, engine.evaluate(frame, expr), expr.span)
    if isinstance(value, list):
        return _numbered(value)
    if isinstance(value, dict):
        return [*value.items()]
    if value is not POISON:
        frame.wrong(values.no_range(describe(value), expr.span))
    return None


def each(frame: Frame, variables: Sequence[str], steps: Sequence[Step]) -> Iterator[None]:
    """One turn a step, in which the variables have its values; afterwards they are what they were before."""
    names = frame.scope.values
    outer = {name: names[name] for name in variables if name in names}
    try:
        for step in steps:
            names.update(zip(variables, step, strict=False))
            yield
    finally:
        for name in variables:
            names.pop(name, None)
        names.update(outer)


def _numbered(items: Sequence[Value] | None) -> list[Step] | None:
    return None if items is None else [(item, number) for number, item in enumerate(items)]


def _range(engine: Engine, frame: Frame, expr: syntax.Range) -> range | None:
    ends: list[int] = []
    found = [engine.evaluate(frame, end) for end in (expr.start, expr.stop)]
    for value, place in zip(found, (expr.start, expr.stop), strict=True):
        if isinstance(value, int) and not isinstance(value, bool):
            ends.append(int(value))
            continue
        if isinstance(value, Dim):
            frame.unsettled(values.range_end(describe(value), place.span))
        elif value is not POISON:
            frame.wrong(values.range_end(describe(value), place.span))
        return None
    if ends[1] - ends[0] > MAX_UNROLLED:
        frame.wrong(values.loop_too_long(ends[1] - ends[0], MAX_UNROLLED, expr.span))
        return None
    return range(*ends)
