"""Tensor operations: what autograd saves of each, and which share memory with what they are given."""

from __future__ import annotations

from getdsl.compiler.cost.products import product
from getdsl.compiler.cost.work import NOTHING, Kept, Work, rule
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import SliceArgument
from getdsl.compiler.trace import Step

RESULT, FIRST = Kept(">"), Kept("0")


@rule("relu", "exp", "expm1", "sigmoid", "tanh", "sqrt", "rsqrt", "softmax", "log_softmax")
def of_result(step: Step) -> Work:
    return Work(kept=(RESULT,))


@rule(*"gelu silu softplus log log2 log10 log1p sin cos erf abs clamp var".split())
def of_operand(step: Step) -> Work:
    return Work(kept=(FIRST,))


@rule("max", "min", "logsumexp")
def of_both(step: Step) -> Work:
    return Work(kept=(FIRST, RESULT))


@rule("add", "sub", "neg", "sum", "mean", "floor", "ceil", "round", "sign", "concat", "stack", "flip")
@rule("outer_sum", "outer_diff", "round_to_half", "to_float", "to_int", "isnan", "full", "full_like")
@rule(
    "eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_not", "any", "all", "floordiv"
)
def of_none(step: Step) -> Work:
    return NOTHING


@rule("mul", "outer_product", "mod")
def factors(step: Step) -> Work:
    return Work(kept=_other(step, ("0", "1"), ("1", "0")))


@rule("pow", "truediv")
def quotient(step: Step) -> Work:
    return Work(kept=_other(step, ("0", "1" if step.what == "truediv" else "0"), ("1", "0"), ("1", "1")))


@rule("maximum", "minimum")
def extremes(step: Step) -> Work:
    return Work(kept=tuple(Kept(name) for name in step.operands))


def _other(step: Step, *pairs: tuple[str, str]) -> tuple[Kept, ...]:
    """The first of each pair, kept for the gradient of the second; numbers are not kept."""
    return tuple(Kept(kept, (need,)) for kept, need in pairs if kept in step.operands)


@rule("select", "masked_target")
def chosen(step: Step) -> Work:
    return Work(kept=(FIRST,))


@rule("masked_mean")
def masked_mean(step: Step) -> Work:
    return Work(kept=(Kept("1"),) if "1" in step.operands else ())


@rule("matmul")
def matmul(step: Step) -> Work:
    *_, width = step.operands["0"].shape
    flops = product(2, *step.output.shape, width)
    kept = (Kept("0", ("1",), copied=True), Kept("1", ("0",), copied=True))
    return Work((flops,), ((("0",), flops), (("1",), flops)), kept)


@rule("detach", "squeeze", "unsqueeze")
def same_memory(step: Step) -> Work:
    return Work(view="0")


@rule("permute", "transpose")
def permuted(step: Step) -> Work:
    return Work(view="0", layout="permuted")


@rule("expand")
def expand(step: Step) -> Work:
    return Work(view="0", layout="sliced")


@rule("reshape", "flatten")
def reshaped(step: Step) -> Work:
    return Work(view="0")  # where the operand is not packed the ledger makes it a copy


@rule("getitem")
def getitem(step: Step) -> Work:
    items = step.args[1] if len(step.args) > 1 else ()
    whole = all(isinstance(item, int | Dim) or item is None or _is_all(item) for item in items[1:])
    whole = whole and not any(isinstance(item, int | Dim) for item in items[1:])
    return Work(view="0", layout="packed" if whole else "sliced")


def _is_all(item: object) -> bool:
    return item is Ellipsis or (isinstance(item, SliceArgument) and item.start is None and item.stop is None)
