"""`if`, `for` and `require`, which are settled while the graph is built."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.conditions import condition
from getdsl.compiler.elaborate.engine import RULES, Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.resolve import shown
from getdsl.compiler.elaborate.values import Value, describe
from getdsl.diagnostics.mistakes import calls, values
from getdsl.grammar import syntax

MAX_UNROLLED = 5_000  # steps of a loop
MAX_STEPS = 50_000  # of all loops of a spec


@RULES.statement(syntax.If)
def branch(engine: Engine, frame: Frame, statement: syntax.If) -> None:
    chosen = condition(engine, frame, statement.condition)
    if chosen is not None:
        engine.execute(frame, statement.yes if chosen else statement.no)
        return
    names = list(_bound_in(statement))
    frame.scope.poison(names)
    if names:
        frame.draft.declared.poisoned.add("")


def _bound_in(statement: syntax.Statement) -> Iterator[str]:
    return (node.name for node in syntax.walk(statement) if isinstance(node, syntax.Binding))


@RULES.statement(syntax.Require)
def require(engine: Engine, frame: Frame, statement: syntax.Require) -> None:
    if condition(engine, frame, statement.condition) is not False:
        return
    place = frame.params.call_span or statement.span
    used = {node.id for node in syntax.walk(statement.condition) if isinstance(node, syntax.Name)}
    given = {name: shown(engine, frame, name) for name in frame.params.declared if name in used}
    declared = None if place is statement.span else statement.span
    frame.wrong(calls.requirement(frame.name, statement.message, place, declared, given))


@RULES.statement(syntax.For)
def loop(engine: Engine, frame: Frame, statement: syntax.For) -> None:
    steps = _steps(engine, frame, statement.range)
    if steps is None:
        frame.scope.poison(_bound_in(statement))
        return
    variable, names = statement.variable, frame.scope.values
    outer = names.get(variable)
    for step in steps:
        names[variable] = step
        engine.execute(frame, statement.body)
    names.pop(variable, None)
    if outer is not None:
        names[variable] = outer


def _steps(engine: Engine, frame: Frame, expr: syntax.Expr) -> Sequence[Value] | None:
    """What a loop goes through; None after a report."""
    if isinstance(expr, syntax.Range):
        return _range(engine, frame, expr)
    value = engine.evaluate(frame, expr)
    if isinstance(value, list):
        return value
    if value is not POISON:
        frame.wrong(values.no_range(describe(value), expr.span))
    return None


def _range(engine: Engine, frame: Frame, expr: syntax.Range) -> range | None:
    ends: list[int] = []
    found = [engine.evaluate(frame, end) for end in (expr.start, expr.stop)]
    for value, place in zip(found, (expr.start, expr.stop), strict=True):
        if isinstance(value, int) and not isinstance(value, bool):
            ends.append(int(value))
            continue
        if value is not POISON:
            frame.wrong(values.range_end(describe(value), place.span))
        return None
    steps = range(*ends)
    return steps if _within_budget(engine, frame, ends[1] - ends[0], expr) else None


def _within_budget(engine: Engine, frame: Frame, steps: int, expr: syntax.Range) -> bool:
    """Counts the steps of a loop; False after a report that there are too many."""
    if steps > MAX_UNROLLED:
        frame.wrong(values.loop_too_long(steps, MAX_UNROLLED, expr.span))
        return False
    engine.budget.steps += max(0, steps)
    if engine.budget.steps > MAX_STEPS:
        frame.wrong(values.loops_too_long(MAX_STEPS, expr.span))
        return False
    return True
