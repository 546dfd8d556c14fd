"""`grad(y, x)`: the gradient of a number with respect to a tensor, in a loss."""

from __future__ import annotations

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.blocks import call_block
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.naming import names_of
from getdsl.compiler.elaborate.special_calls import GRADIENT, GRADIENT_BLOCK
from getdsl.compiler.elaborate.stage_weights import is_stage
from getdsl.compiler.elaborate.values import Tensor, Value, describe
from getdsl.diagnostics.mistakes import gradients as mistakes
from getdsl.grammar import syntax
from getdsl.text.source import Span

NUMBER, TENSOR = "the number", "the tensor"  # no name of a spec can be one of these


def gradient(engine: Engine, frame: Frame, expr: syntax.Call, span: Span, hint: str | None) -> Value:
    """A call of the library's block, of what was evaluated and held to be a number and floats."""
    if not is_stage(frame):
        return frame.wrong(mistakes.gradient_outside_loss(expr.span))
    if len(expr.args) != 2 or expr.keywords:
        return frame.wrong(mistakes.wrong_gradient_call(expr.span))
    y, x = (engine.evaluate(frame, arg) for arg in expr.args)
    if POISON in (y, x):
        return POISON
    for value, arg in zip((y, x), expr.args, strict=True):
        if not isinstance(value, Tensor):
            return frame.wrong(mistakes.gradient_of_no_tensor(describe(value), arg.span))
        if value.type.dtype != "float":
            return frame.wrong(mistakes.gradient_of_integers(value.type.plain(), arg.span))
    assert isinstance(y, Tensor)
    if y.type.dims != ():
        return frame.wrong(mistakes.gradient_of_many(y.type.plain(), expr.args[0].span))
    frame.scope.values.update({NUMBER: y, TENSOR: x})
    callee = syntax.Name(expr.callee.span, GRADIENT_BLOCK)
    names = tuple(syntax.Name(arg.span, name) for arg, name in zip(expr.args, (NUMBER, TENSOR), strict=True))
    call = syntax.Call(expr.span, callee, names, ())
    definition = frame.program.library().find(GRADIENT_BLOCK)
    assert definition is not None
    frame = frame.naming(names_of(engine, frame, call, hint or GRADIENT))
    return call_block(engine, frame, definition, call, (), span, hint)
