"""Activations with settings of their own."""

from __future__ import annotations

from collections.abc import Callable

from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations import dtypes, kept, reaching
from getdsl.compiler.operations.elementwise import selected
from getdsl.compiler.operations.operand import Floats, Number, Operand, Shape, Truth, Value
from getdsl.compiler.operations.registry import Typed, operation, spelling


def elu(x: Floats, alpha: Number = 1.0) -> Shape:
    return x.shape


def leaky_relu(x: Floats, negative_slope: Number = 0.01) -> Shape:
    return x.shape


def hardtanh(x: Floats, min: Number = -1.0, max: Number = 1.0) -> Shape:
    return x.shape


def where(mask: Truth, yes: TensorType | Value, no: TensorType | Value) -> Shape:
    return selected(mask, yes, no)


def _clamp(call: Callable[..., Typed], x: Typed, min: Operand = -1.0, max: Operand = 1.0) -> Typed:
    return call("clamp", x, min=min, max=max)


def _select(call: Callable[..., Typed], mask: Typed, yes: Operand | Typed, no: Operand | Typed) -> Typed:
    return call("select", mask, yes, no)


operation(
    "elu",
    "x where it is positive, else `alpha` (e^x - 1), of floats.",
    "elu(x)",
    shape=elu,
    dtype=dtypes.floating,
    cost=kept.the_operand,
    reach=reaching.each_by_itself,
)
operation(
    "leaky_relu",
    "x where it is positive, else x times `negative_slope`, of floats.",
    "leaky_relu(x, negative_slope = 0.2)",
    shape=leaky_relu,
    dtype=dtypes.floating,
    cost=kept.the_operand,
    reach=reaching.each_by_itself,
)
spelling(
    "hardtanh",
    "x, but no less than `min` and no more than `max`, of floats.",
    "hardtanh(x)",
    shape=hardtanh,
    dtype=dtypes.floating,
    spelled=_clamp,
)
spelling(
    "where",
    "`select` by the name that NumPy has for it: `yes` where the mask holds, `no` elsewhere.",
    "where(x > 0, x, 0.0)",
    shape=where,
    dtype=dtypes.of_the_choices,
    spelled=_select,
    constant=("mask",),
)
