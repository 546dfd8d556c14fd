"""`if`, `for` and `require`, which are settled while the graph is built."""

from __future__ import annotations

from collections.abc import Iterator

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.conditions import condition
from getdsl.compiler.elaborate.engine import RULES, Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.loops import each, steps_of
from getdsl.compiler.elaborate.resolve import shown
from getdsl.compiler.elaborate.values import Value
from getdsl.compiler.graph.bounds import AtLeast, Need
from getdsl.compiler.graph.dimensions import Dim
from getdsl.diagnostics.mistakes import calls
from getdsl.grammar import syntax
from getdsl.grammar.chains import operands

COMPARED = (">=", ">", "<=", "<")


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
    if _holds(engine, frame, statement.condition, statement) is not False:
        return
    place = frame.params.call_span or statement.span
    used = {node.id for node in syntax.walk(statement.condition) if isinstance(node, syntax.Name)}
    given = {name: shown(engine, frame, name) for name in frame.params.declared if name in used}
    given |= {name: str(frame.scope.values[name]) for name in sorted(used) if _is_known_size(frame, name)}
    declared = None if place is statement.span else statement.span
    frame.wrong(calls.requirement(frame.name, statement.message, place, declared, given))


@RULES.statement(syntax.Noted)
def noted(engine: Engine, frame: Frame, statement: syntax.Noted) -> None:
    """Says what happens at sizes that are known; of others nothing is known before the batch."""
    parts = operands(statement.condition, "and")
    if any(_is_open(engine.evaluate(frame, end)) for part in parts for end in _ends(part)):
        return
    if condition(engine, frame, statement.condition) is False:
        place = frame.params.call_span or statement.span
        used = [node for node in syntax.walk(statement.condition) if isinstance(node, syntax.Name)]
        known = {node.id: engine.evaluate(frame, node) for node in reversed(used)}
        sizes = {name: str(value) for name, value in known.items() if isinstance(value, int | Dim)}
        frame.wrong(calls.worth_a_note(frame.name, statement.message, place, sizes))


def _is_known_size(frame: Frame, name: str) -> bool:
    """Whether a name is an axis of an input whose size is known."""
    size = frame.scope.values.get(name)
    return isinstance(size, Dim) and size.value is not None


def _ends(expr: syntax.Expr) -> tuple[syntax.Expr, ...]:
    return (expr.left, expr.right) if isinstance(expr, syntax.Binary) else (expr,)


def _is_open(value: Value) -> bool:
    return value is POISON or (isinstance(value, Dim) and value.value is None)


def _holds(engine: Engine, frame: Frame, expr: syntax.Expr, statement: syntax.Require) -> bool | None:
    """Whether a requirement holds, as far as that is known now; None after a report."""
    for part in operands(expr, "and"):
        holds = _part_holds(engine, frame, part, statement)
        if not holds:
            return holds
    return True


def _part_holds(engine: Engine, frame: Frame, expr: syntax.Expr, statement: syntax.Require) -> bool | None:
    match expr:
        case syntax.Binary(operator=operator, left=left, right=right) if operator in COMPARED:
            ends = engine.evaluate(frame, left), engine.evaluate(frame, right)
            need = _need(operator, *ends, statement.message)
            if need is not None:
                return frame.need(need, statement.span) or None
    return condition(engine, frame, expr)


def _need(operator: str, left: Value, right: Value, told: str) -> Need | None:
    """A comparison with a size that only the batch tells, as a need; None where there is none such."""
    if not (isinstance(left, Dim) or isinstance(right, Dim)):
        return None
    if not (isinstance(left, int | Dim) and isinstance(right, int | Dim)):
        return None
    one, other = (Dim.of(left), Dim.of(right)) if operator in (">=", ">") else (Dim.of(right), Dim.of(left))
    above = one - other
    return (
        None if above.value is not None else AtLeast(above, 1 if operator in (">", "<") else 0, f'"{told}"')
    )


@RULES.statement(syntax.For)
def loop(engine: Engine, frame: Frame, statement: syntax.For) -> None:
    steps = steps_of(engine, frame, statement.range)
    if steps is None:
        frame.scope.poison(_bound_in(statement))
        return
    for _ in each(frame, statement.variables, steps):
        engine.budget.take_statement(statement.span)
        engine.execute(frame, statement.body)
