"""Truth values that are known while the graph is built."""

from __future__ import annotations

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.values import Tensor, describe
from getdsl.diagnostics.mistakes import values
from getdsl.grammar import syntax


def condition(engine: Engine, frame: Frame, expr: syntax.Expr) -> bool | None:
    """A compile-time truth value, or None after a report."""
    value = engine.evaluate(frame, expr)
    if isinstance(value, bool):
        return value
    if value is not POISON:
        found, is_tensor = describe(value), isinstance(value, Tensor)
        frame.wrong(values.condition_unknown(found, expr.span, tensor=is_tensor))
    return None
