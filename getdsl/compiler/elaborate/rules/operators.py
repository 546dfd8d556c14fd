"""Operators, and what chooses between two expressions."""

from __future__ import annotations

from getdsl.compiler.constants.functions import ARITHMETIC
from getdsl.compiler.constants.functions import binary as of_constants
from getdsl.compiler.constants.markers import ABSENT, POISON
from getdsl.compiler.elaborate.batch import batch_keys, lacks
from getdsl.compiler.elaborate.conditions import condition
from getdsl.compiler.elaborate.engine import RULES, Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.operate import constant, operate
from getdsl.compiler.elaborate.values import Tensor, Value, as_constant, contains_tensor, describe
from getdsl.compiler.graph.dimensions import Dim
from getdsl.diagnostics import suggestion
from getdsl.diagnostics.mistakes import values
from getdsl.grammar import syntax
from getdsl.grammar.chains import alternatives


@RULES.expression(syntax.Binary)
def binary(engine: Engine, frame: Frame, expr: syntax.Binary, hint: str | None) -> Value:
    left = engine.evaluate(frame, expr.left)
    if expr.operator in ("and", "or") and isinstance(left, bool) and left is (expr.operator == "or"):
        return left
    right = engine.evaluate(frame, expr.right)
    if left is POISON or right is POISON:
        return POISON
    if not contains_tensor([left, right]):
        one, other = as_constant(left), as_constant(right)
        return constant(frame, lambda: of_constants(expr.operator, one, other), expr.span)
    if left is ABSENT or right is ABSENT:
        return frame.wrong(values.absent_used(expr.span))
    return operate(frame, ARITHMETIC[expr.operator][0], [left, right], {}, expr.span, hint)


@RULES.expression(syntax.Unary)
def unary(engine: Engine, frame: Frame, expr: syntax.Unary, hint: str | None) -> Value:
    value = engine.evaluate(frame, expr.operand)
    if value is POISON:
        return POISON
    if isinstance(value, Tensor):
        operation = "neg" if expr.operator == "-" else "logical_not"
        return operate(frame, operation, [value], {}, expr.span, hint)
    if expr.operator == "not":
        if isinstance(value, bool):
            return not value
        return frame.wrong(values.no_truth(describe(value), expr.span))
    if isinstance(value, bool) or not isinstance(value, int | float | Dim):
        return frame.wrong(values.no_number(describe(value), expr.span))
    return -value


@RULES.expression(syntax.Choice)
def choice(engine: Engine, frame: Frame, expr: syntax.Choice, hint: str | None) -> Value:
    chosen = condition(engine, frame, expr.condition)
    if chosen is None:
        return POISON
    return engine.evaluate(frame, expr.yes if chosen else expr.no, hint)


@RULES.expression(syntax.Coalesce)
def coalesce(engine: Engine, frame: Frame, expr: syntax.Coalesce, hint: str | None) -> Value:
    """`batch.k ?? e`: e where this variant of the stage is for batches without k, or the data have none.

    A key that is like one of the data's is taken for a slip, and its mistake is said where it is read.
    """
    *optional, last = alternatives(expr)
    keys = [batch_keys(item) for item in optional]
    if frame.batch is None or not all(keys):
        return frame.wrong(values.coalesce_without_key(expr.span))
    types, read = frame.batch.types, set().union(*keys)
    never = {key for key in read if types is not None and key not in types and not suggestion(key, types)}
    frame.batch.reads.optional.update(read - never)
    absent = frame.batch.absent | never
    taken = next((item for item in optional if not lacks(item, absent)), last)
    return engine.evaluate(frame, taken, hint)
