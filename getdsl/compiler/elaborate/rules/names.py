"""Names: `true`, params, bindings, the batch."""

from __future__ import annotations

from getdsl.compiler.constants.evaluate import WORDS
from getdsl.compiler.constants.functions import FUNCTIONS
from getdsl.compiler.constants.markers import BATCH, POISON
from getdsl.compiler.elaborate.callees import callee_named
from getdsl.compiler.elaborate.engine import RULES, Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.resolve import resolve
from getdsl.compiler.elaborate.stage_weights import is_stage, owner_named, owners
from getdsl.compiler.elaborate.statements_apart import earlier_place
from getdsl.compiler.elaborate.values import Value
from getdsl.compiler.operations import OPERATIONS
from getdsl.diagnostics import mistakes
from getdsl.grammar import syntax


@RULES.expression(syntax.Name)
def name(engine: Engine, frame: Frame, expr: syntax.Name, hint: str | None) -> Value:
    if expr.id in WORDS:
        return WORDS[expr.id]
    if expr.id == "batch":
        return BATCH if frame.batch is not None else frame.wrong(mistakes.values.batch_in_model(expr.span))
    if expr.id in frame.scope.values:
        return frame.scope.values[expr.id]
    if expr.id in frame.params.declared:
        return resolve(engine, frame, expr.id)
    if expr.id in frame.scope.broken:
        return POISON
    owner = owner_named(frame, expr.id)
    if owner is not None:
        return owner
    callee = callee_named(frame.program, expr.id) if expr.id not in frame.scope.later else None
    return callee if callee is not None else _unknown(frame, expr)


def _unknown(frame: Frame, expr: syntax.Name) -> Value:
    """POISON, after a report of what a name may have been meant to be."""
    if expr.id in ("True", "False", "None"):
        return frame.wrong(mistakes.names.python_constant(expr.id, expr.span))
    later = frame.scope.later.get(expr.id)
    if later is not None:
        before = earlier_place(frame, later)
        mistake = mistakes.names.used_before(expr.id, expr.span, later.name_span, later.span, before)
        return frame.wrong(mistake)
    if frame.program.find(expr.id) is not None or expr.id in FUNCTIONS:
        return frame.wrong(mistakes.calls.must_be_called(expr.id, expr.span))
    if expr.id[0].isupper() and len(expr.id) <= 2:
        return frame.wrong(mistakes.shapes.unbound_symbol(expr.id, expr.span, frame.scope.symbols()))
    if expr.id in frame.scope.known and not expr.id[0].isupper():
        return frame.wrong(mistakes.names.outside_its_loop(expr.id, expr.span))
    known, callees = frame.scope.names(), OPERATIONS.keys() | frame.program.names()
    if is_stage(frame):
        known |= owners(frame)
    return frame.wrong(mistakes.names.unknown_name(expr.id, expr.span, known, callees))
