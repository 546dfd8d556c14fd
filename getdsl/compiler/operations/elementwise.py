"""Operations that work element by element, with broadcasting."""

from __future__ import annotations

from typing import Any

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import DType, TensorType
from getdsl.compiler.operations.registry import ShapeError, axis, operation

FLOAT_UNARY = [
    "softplus",
    "relu",
    "gelu",
    "silu",
    "sigmoid",
    "tanh",
    "exp",
    "log",
    "log2",
    "log10",
    "log1p",
    "expm1",
    "sqrt",
    "rsqrt",
    "sin",
    "cos",
    "erf",
]
SAME_UNARY = ["abs", "neg", "detach", "floor", "ceil", "round", "sign"]
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
ORDER: dict[DType, int] = {"bool": 0, "int": 1, "float": 2}


def broadcast(*types: TensorType) -> tuple[Dim, ...]:
    """The common shape of operands. Raises ShapeError that names the two axes that differ."""
    rank = max(len(item.shape) for item in types)
    result = [Dim.of(1)] * rank
    for item in types:
        offset = rank - len(item.shape)
        for position, dim in enumerate(item.shape, offset):
            if result[position] == 1:
                result[position] = dim
            elif dim != 1 and dim != result[position]:
                raise ShapeError(
                    f"cannot combine {' with '.join(str(each.plain()) for each in types)}: "
                    f"{result[position]} and {dim} differ on axis {position - rank}",
                )
    return tuple(result)


def _operands(*values: Any) -> list[TensorType]:
    """Operands as tensors; constants become scalars of their kind."""
    found = []
    for value in values:
        if isinstance(value, TensorType):
            found.append(value)
        elif isinstance(value, bool):
            found.append(TensorType((), "bool"))
        elif isinstance(value, int | Dim):
            found.append(TensorType((), "int"))
        elif isinstance(value, float):
            found.append(TensorType((), "float"))
        else:
            raise TypeError("the operands must be tensors or numbers")
    return found


def promote(*types: TensorType) -> DType:
    return max((item.dtype for item in types), key=ORDER.__getitem__)


def _register_unary() -> None:
    for name in FLOAT_UNARY:
        operation(name)(lambda x: TensorType(x.shape, "float"))
    for name in SAME_UNARY:
        operation(name)(lambda x: x.plain())
    from getdsl.compiler.operations.registry import OPERATIONS

    for name in (*FLOAT_UNARY, *SAME_UNARY):
        OPERATIONS[name].rule.__annotations__ = {"x": TensorType, "return": TensorType}


_register_unary()


def arithmetic(left: Any, right: Any) -> TensorType:
    types = _operands(left, right)
    dtype = promote(*types)
    return TensorType(broadcast(*types), "int" if dtype == "bool" else dtype)


for _name in ("add", "sub", "mul", "mod", "floordiv", "pow"):
    operation(_name)(arithmetic)


@operation("truediv")
def truediv(left: Any, right: Any) -> TensorType:
    return TensorType(broadcast(*_operands(left, right)), "float")


def comparison(left: Any, right: Any) -> TensorType:
    return TensorType(broadcast(*_operands(left, right)), "bool")


for _name in (*COMPARISONS, "logical_and", "logical_or"):
    operation(_name)(comparison)


@operation("logical_not")
def logical_not(x: TensorType) -> TensorType:
    return TensorType(x.shape, "bool")


@operation("maximum")
def maximum(left: Any, right: Any) -> TensorType:
    return arithmetic(left, right)


@operation("minimum")
def minimum(left: Any, right: Any) -> TensorType:
    return arithmetic(left, right)


@operation("clamp")
def clamp(x: TensorType, min: Any = None, max: Any = None) -> TensorType:
    if min is None and max is None:
        raise ShapeError("`clamp` needs `min` or `max`")
    return x.plain()


@operation("select")
def select(mask: TensorType, yes: Any, no: Any) -> TensorType:
    """`yes` where the mask holds, `no` elsewhere."""
    operands = _operands(yes, no)
    return TensorType(broadcast(mask, *operands), promote(*operands))


@operation("isnan")
def isnan(x: TensorType) -> TensorType:
    return TensorType(x.shape, "bool")


@operation("full_like")
def full_like(x: TensorType, value: Any) -> TensorType:
    """A tensor of the shape of `x`, the same value throughout."""
    return x.plain()


@operation("round_to_half")
def round_to_half(x: TensorType) -> TensorType:
    """`x` rounded to what half precision can hold, in its own type."""
    return TensorType(x.shape, "float")


@operation("to_float")
def to_float(x: TensorType) -> TensorType:
    return TensorType(x.shape, "float")


@operation("to_int")
def to_int(x: TensorType) -> TensorType:
    return TensorType(x.shape, "int")


def _softmax(x: TensorType, dim: int = -1) -> TensorType:
    axis(dim, len(x.shape))
    return TensorType(x.shape, "float")


operation("softmax")(_softmax)
operation("log_softmax")(_softmax)
