"""Numbers, strings, lists and tables."""

from __future__ import annotations

from getdsl.compiler.constants.markers import ELLIPSIS, POISON
from getdsl.compiler.elaborate.engine import RULES, Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.loops import each, steps_of
from getdsl.compiler.elaborate.values import Value
from getdsl.diagnostics.mistakes import names
from getdsl.grammar import syntax


@RULES.expression(syntax.Number)
def number(engine: Engine, frame: Frame, expr: syntax.Number, hint: str | None) -> Value:
    return expr.value


@RULES.expression(syntax.String)
def string(engine: Engine, frame: Frame, expr: syntax.String, hint: str | None) -> Value:
    return expr.value


@RULES.expression(syntax.List)
def items(engine: Engine, frame: Frame, expr: syntax.List, hint: str | None) -> Value:
    return [
        ELLIPSIS if isinstance(item, syntax.Ellipsis) else engine.evaluate(frame, item) for item in expr.items
    ]


@RULES.expression(syntax.Comprehension)
def comprehension(engine: Engine, frame: Frame, expr: syntax.Comprehension, hint: str | None) -> Value:
    steps = steps_of(engine, frame, expr.source)
    if steps is None:
        return POISON
    found: list[Value] = []
    for _ in each(frame, expr.variables, steps):
        engine.budget.take_statement(expr.span)
        found.append(engine.evaluate(frame, expr.item))
    return found


@RULES.expression(syntax.Dict)
def table(engine: Engine, frame: Frame, expr: syntax.Dict, hint: str | None) -> Value:
    found: dict[str, Value] = {}
    for pair in expr.pairs:
        if pair.key in found:
            first = next(item for item in expr.pairs if item.key == pair.key)
            frame.wrong(names.key_twice(pair.key, pair.key_span, first.key_span, (pair.span, first.span)))
        found[pair.key] = engine.evaluate(frame, pair.value)
    return found
