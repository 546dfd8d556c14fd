"""Operations that work element by element, with broadcasting."""

from __future__ import annotations

from collections.abc import Callable

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations import dtypes, kept, reaching
from getdsl.compiler.operations.operand import (
    Floats,
    Number,
    Numbers,
    Operand,
    Shape,
    ShapeError,
    Truth,
    Value,
    axis,
)
from getdsl.compiler.operations.registry import operation
from getdsl.diagnostics.mistakes import operands


def broadcast(*types: TensorType) -> Shape:
    """The common shape of operands. Raises ShapeError that names the two axes that differ."""
    rank = max(len(item.shape) for item in types)
    result = [Dim.of(1)] * rank
    for item in types:
        for position, dim in enumerate(item.shape, rank - len(item.shape)):
            if result[position] == 1:
                result[position] = dim
            elif dim != 1 and dim != result[position]:
                plain = [each.plain() for each in types]
                raise ShapeError(operands.not_broadcastable(plain, result[position], dim, position - rank))
    return tuple(result)


def _typed(value: Operand) -> TensorType:
    """An operand as a tensor; a number becomes a scalar of its kind."""
    return value if isinstance(value, TensorType) else TensorType((), dtypes.dtype_of(value))


def of_one(x: TensorType) -> Shape:
    return x.shape


def of_one_number(x: Numbers) -> Shape:
    return x.shape


def of_one_float(x: Floats) -> Shape:
    return x.shape


def of_two(left: TensorType | Value, right: TensorType | Value) -> Shape:
    return broadcast(_typed(left), _typed(right))


def of_two_numbers(left: Numbers | Number, right: Numbers | Number) -> Shape:
    return of_two(left, right)


def clamped(
    x: TensorType, min: TensorType | Value | None = None, max: TensorType | Value | None = None
) -> Shape:
    bounds = [_typed(bound) for bound in (min, max) if bound is not None]
    if not bounds:
        raise ShapeError(operands.clamp_without_bounds())
    return broadcast(x, *bounds)


def selected(mask: Truth, yes: TensorType | Value, no: TensorType | Value) -> Shape:
    return broadcast(mask, _typed(yes), _typed(no))


def filled(x: TensorType, value: Value) -> Shape:
    return x.shape


def along(x: TensorType, dim: Operand = -1) -> Shape:
    axis(dim, len(x.shape))
    return x.shape


def floats_along(x: Floats, dim: Operand = -1) -> Shape:
    return along(x, dim)


# ---- activations and functions


def _smooth(
    name: str, doc: str, cost: kept.Cost = kept.the_operand, shape: Callable[..., Shape] = of_one
) -> None:
    """A row of a function whose results are floats; `shape` says of what."""
    operation(
        name, doc, f"{name}(x)", shape=shape, dtype=dtypes.floating, cost=cost, reach=reaching.each_by_itself
    )


_smooth("softplus", "ln(1 + e^x), of floats.", shape=of_one_float)
_smooth("gelu", "x times the normal distribution function of x, of floats.", shape=of_one_float)
_smooth("silu", "x times sigmoid(x), of floats.", shape=of_one_float)
_smooth("sigmoid", "1 / (1 + e^-x).", kept.the_result)
_smooth("tanh", "The hyperbolic tangent.", kept.the_result)
_smooth("exp", "e^x.", kept.the_result)
_smooth("log", "The natural logarithm.")
_smooth("log2", "The logarithm to base 2.")
_smooth("log10", "The logarithm to base 10.")
_smooth("log1p", "ln(1 + x), exact for small x.")
_smooth("expm1", "e^x - 1, exact for small x.", kept.the_result)
_smooth("sqrt", "The square root.", kept.the_result)
_smooth("rsqrt", "One over the square root.", kept.the_result)
_smooth("sin", "The sine of x in radians.")
_smooth("cos", "The cosine of x in radians.")
_smooth("erf", "The error function.")


def _same(name: str, doc: str, example: str, cost: kept.Cost = kept.nothing) -> None:
    """A row of a function of numbers that keeps the element type."""
    operation(
        name, doc, example, shape=of_one_number, dtype=dtypes.same, cost=cost, reach=reaching.each_by_itself
    )


_same("relu", "x where it is positive, else 0.", "relu(x)", kept.the_result)
_same("abs", "The value without its sign.", "abs(x)", kept.the_operand)
_same("neg", "The value with its sign turned; also `-x`.", "-x")
_same("floor", "The largest integer that is not above x. Its gradient is 0.", "floor(x)")
_same("ceil", "The smallest integer that is not below x. Its gradient is 0.", "ceil(x)")
_same("round", "The nearest integer, halves to the even one. Its gradient is 0.", "round(x)")
operation(
    "sign",
    "-1, 0 or 1. Its gradient is 0.",
    "sign(x)",
    shape=of_one,
    dtype=dtypes.same,
    cost=kept.nothing,
    reach=reaching.each_by_itself,
)
operation(
    "detach",
    "x, as if it were data: no gradient passes.",
    "detach(x)",
    shape=of_one,
    dtype=dtypes.same,
    cost=kept.same_memory,
    gradient=False,
    reach=reaching.each_by_itself,
)
operation(
    "softmax",
    "Weights along an axis that sum to 1, of floats.",
    "softmax(x, dim = -1)",
    shape=floats_along,
    dtype=dtypes.floating,
    cost=kept.the_result,
    reach=reaching.along_an_axis,
)
operation(
    "log_softmax",
    "The logarithm of `softmax`.",
    "log_softmax(x, dim = -1)",
    shape=floats_along,
    dtype=dtypes.floating,
    cost=kept.the_result,
    reach=reaching.along_an_axis,
)
operation(
    "cumsum",
    "The sum of all so far along an axis: of lengths, where each region ends.",
    "cumsum(x, dim = 1)",
    shape=along,
    dtype=dtypes.counted,
    cost=kept.nothing,
    reach=reaching.along_an_axis,
)


# ---- arithmetic


def _arithmetic(
    name: str,
    doc: str,
    example: str,
    cost: kept.Cost,
    dtype: dtypes.DTypeRule = dtypes.promoted,
    *,
    shape: Callable[..., Shape] = of_two,
    gradient: bool = True,
) -> None:
    """A row of a function of two operands, of which one may be a number."""
    operation(
        name,
        doc,
        example,
        shape=shape,
        dtype=dtype,
        cost=cost,
        gradient=gradient,
        reach=reaching.each_by_itself,
    )


_arithmetic("add", "The sum.", "x + y", kept.nothing)
_arithmetic("sub", "The difference of numbers.", "x - y", kept.nothing, shape=of_two_numbers)
_arithmetic("mul", "The product, element by element.", "x * y", kept.each_for_the_other)
_arithmetic(
    "mod",
    "The rest of a division, with the divisor's sign. Integers fail where a divisor is 0.",
    "x % 2",
    kept.each_for_the_other,
    dtypes.divided("mod"),
)
_arithmetic(
    "floordiv",
    "The quotient, rounded down. Integers fail where a divisor is 0.",
    "x // 2",
    kept.nothing,
    dtypes.divided("floordiv"),
    gradient=False,
)
_arithmetic(
    "pow",
    "The power of numbers.",
    "x ** 2",
    kept.base_and_exponent,
    dtypes.powered,
    shape=of_two_numbers,
)
_arithmetic("maximum", "The larger of two, element by element.", "maximum(x, y)", kept.all_operands)
_arithmetic("minimum", "The smaller of two, element by element.", "minimum(x, y)", kept.all_operands)
operation(
    "truediv",
    "The quotient.",
    "x / y",
    shape=of_two,
    dtype=dtypes.floating,
    cost=kept.dividend_and_divisor,
    reach=reaching.each_by_itself,
)
operation(
    "clamp",
    "x, but no less than `min` and no more than `max`.",
    "clamp(x, min = 0, max = 6)",
    shape=clamped,
    dtype=dtypes.bounded,
    cost=kept.all_operands,
    reach=reaching.each_by_itself,
)


# ---- truth


def _compared(name: str, doc: str, example: str) -> None:
    """A row of a comparison of two operands, of which one may be a number."""
    operation(
        name,
        doc,
        example,
        shape=of_two,
        dtype=dtypes.boolean,
        cost=kept.nothing,
        gradient=False,
        reach=reaching.each_by_itself,
    )


_compared("eq", "Whether two are equal.", "x == y")
_compared("ne", "Whether two differ.", "x != y")
_compared("lt", "Whether the left one is smaller.", "x < y")
_compared("le", "Whether the left one is not larger.", "x <= y")
_compared("gt", "Whether the left one is larger.", "x > y")
_compared("ge", "Whether the left one is not smaller.", "x >= y")
_compared("logical_and", "Whether both hold.", "x > 0 and y > 0")
_compared("logical_or", "Whether one of two holds.", "x > 0 or y > 0")


def _asked(name: str, doc: str, example: str) -> None:
    """A row of a question about each element."""
    operation(
        name,
        doc,
        example,
        shape=of_one,
        dtype=dtypes.boolean,
        cost=kept.nothing,
        gradient=False,
        reach=reaching.each_by_itself,
    )


_asked("logical_not", "Whether it does not hold.", "not mask")
_asked("isnan", "Whether it is not a number.", "isnan(x)")
operation(
    "select",
    "`yes` where the mask holds, `no` elsewhere.",
    "select(x > 0, x, 0.0)",
    shape=selected,
    dtype=dtypes.of_the_choices,
    cost=kept.the_operand,
    constant=("mask",),
    reach=reaching.each_by_itself,
)


# ---- other types, other values

operation(
    "full_like",
    "A tensor of the shape of x, the same value throughout.",
    "full_like(x, 1)",
    shape=filled,
    dtype=dtypes.same,
    cost=kept.nothing,
    gradient=False,
    reach=reaching.each_by_itself,
)
operation(
    "round_to_half",
    "x rounded to what half precision can hold, in its own type.",
    "round_to_half(x)",
    shape=of_one,
    dtype=dtypes.floating,
    cost=kept.nothing,
    reach=reaching.each_by_itself,
)
operation(
    "to_float",
    "x as floats: true is 1, false 0.",
    "to_float(mask)",
    shape=of_one,
    dtype=dtypes.floating,
    cost=kept.nothing,
    reach=reaching.each_by_itself,
)
operation(
    "to_int",
    "x as integers, rounded towards 0.",
    "to_int(x)",
    shape=of_one,
    dtype=dtypes.integer,
    cost=kept.nothing,
    gradient=False,
    reach=reaching.each_by_itself,
)
