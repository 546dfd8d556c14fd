"""Operations by patterns of named axes: taking axes apart, joining, permuting, reducing, repeating them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from getdsl.compiler.graph.bounds import AtLeast, Need
from getdsl.compiler.graph.dimensions import Dim, total
from getdsl.compiler.graph.types import DType, TensorType
from getdsl.compiler.operations import dtypes
from getdsl.compiler.operations.axis_patterns import Bound, Group, bind, shown
from getdsl.compiler.operations.operand import Operand, Shape, ShapeError
from getdsl.compiler.operations.registry import OPERATIONS, Typed, spelling
from getdsl.diagnostics.mistakes import axis_patterns as mistakes
from getdsl.diagnostics.mistakes import operands

REARRANGE = 'rearrange(x, "b l (h d) -> b h l d", h = 4)'
REDUCE = 'reduce(x, "b (l k) d -> b l d", "mean", k = 2)'
REPEAT = 'repeat(x, "b d -> b l d", l = 8)'
REDUCTIONS = ("mean", "sum", "max", "min", "any", "all")


# ---- which patterns fit


def _rearranged(x: TensorType, pattern: Operand, sizes: Mapping[str, Operand]) -> Bound:
    bound = bind(x, pattern, sizes, REARRANGE)
    _hold_kept(bound)
    _hold_old(bound, repeats=False)
    return bound


def _reduced(x: TensorType, pattern: Operand, sizes: Mapping[str, Operand]) -> Bound:
    bound = bind(x, pattern, sizes, REDUCE)
    _hold_old(bound, repeats=True)
    if set(bound.left) == set(bound.right):
        raise ShapeError(mistakes.nothing_reduced(bound.text))
    return bound


def _repeated(x: TensorType, pattern: Operand, sizes: Mapping[str, Operand]) -> Bound:
    bound = bind(x, pattern, sizes, REPEAT)
    _hold_kept(bound)
    without = next((name for name in bound.right if name not in bound.sizes), None)
    if without is not None:
        raise ShapeError(mistakes.without_size(without, bound.text))
    return bound


def _hold_kept(bound: Bound) -> None:
    lost = next((name for name in bound.left if name not in bound.right), None)
    if lost is not None:
        raise ShapeError(mistakes.lost(shown(lost), bound.text))


def _hold_old(bound: Bound, *, repeats: bool) -> None:
    new = next((name for name in bound.right if name not in bound.left), None)
    if new is not None:
        raise ShapeError(mistakes.new(shown(new), bound.text, repeats=repeats))


def _sides(bound: Bound) -> Shape:
    return tuple(total(bound.sizes[name] for name in group) for group in bound.after)


def rearranged(x: TensorType, pattern: Operand, /, **sizes: Operand) -> Shape:
    return _sides(_rearranged(x, pattern, sizes))


def reduced_by(x: TensorType, pattern: Operand, reduction: Operand, /, **sizes: Operand) -> Shape:
    _reduction(reduction)
    return _sides(_reduced(x, pattern, sizes))


def values_to_compare(
    x: TensorType, pattern: Operand, reduction: Operand, /, **sizes: Operand
) -> Iterator[Need]:
    """There is no largest value of an empty axis."""
    bound = _reduced(x, pattern, sizes)
    for name in bound.left:
        if name not in bound.right and reduction in ("max", "min"):
            yield AtLeast(bound.sizes[name], 1, operands.compared_axis(shown(name)), operands.SIZE)


def repeated(x: TensorType, pattern: Operand, /, **sizes: Operand) -> Shape:
    return _sides(_repeated(x, pattern, sizes))


def _reduced_dtype(given: Mapping[str, Operand]) -> DType:
    return OPERATIONS[_reduction(given["reduction"])].dtype(given)


def _reduction(name: Operand) -> str:
    if not isinstance(name, str) or name not in REDUCTIONS:
        raise ShapeError(mistakes.no_reduction(REDUCTIONS))
    return name


# ---- what stands in the graph for them

Call = Callable[..., Typed]


def rearrange(call: Call, x: Typed, pattern: Operand, /, **sizes: Operand) -> Typed:
    bound = _rearranged(x.type, pattern, sizes)
    return _joined(call, _permuted(call, _apart(call, x, bound), bound.left, bound.right), bound)


def reduce(call: Call, x: Typed, pattern: Operand, reduction: str, /, **sizes: Operand) -> Typed:
    bound = _reduced(x.type, pattern, sizes)
    x, left = _apart(call, x, bound), bound.left
    x = call(reduction, x, dim=[place for place, name in enumerate(left) if name not in bound.right])
    kept = [name for name in left if name in bound.right]
    return _joined(call, _permuted(call, x, kept, bound.right), bound)


def repeat(call: Call, x: Typed, pattern: Operand, /, **sizes: Operand) -> Typed:
    bound = _repeated(x.type, pattern, sizes)
    old = [name for name in bound.right if name in bound.left]
    x = _permuted(call, _apart(call, x, bound), bound.left, old)
    for place, name in enumerate(bound.right):
        if name not in old:
            x = call("unsqueeze", x, place)
    if len(old) < len(bound.right):
        x = call("expand", x, *(-1 if name in old else _plain(bound.sizes[name]) for name in bound.right))
    return _joined(call, x, bound)


def _apart(call: Call, x: Typed, bound: Bound) -> Typed:
    """The axes left of the arrow by themselves."""
    for place, group in reversed(list(enumerate(bound.before))):
        if not group:
            x = call("squeeze", x, place)
        elif len(group) > 1:
            x = call("unflatten", x, place, [_piece(name, bound) for name in group])
    return x


def _piece(name: str, bound: Bound) -> int | Dim:
    return -1 if name in bound.worked_out else _plain(bound.sizes[name])


def _plain(size: Dim) -> int | Dim:
    return size if size.value is None else size.value


def _permuted(call: Call, x: Typed, before: list[str], after: list[str]) -> Typed:
    order = [before.index(name) for name in after if name in before]
    return x if order == sorted(order) else call("permute", x, *order)


def _joined(call: Call, x: Typed, bound: Bound) -> Typed:
    """The axes right of the arrow as its brackets have them."""
    for place, group in _places(bound.after):
        if not group:
            x = call("unsqueeze", x, place)
        elif len(group) > 1:
            x = call("flatten", x, place, place + len(group) - 1)
    return x


def _places(groups: tuple[Group, ...]) -> list[tuple[int, Group]]:
    """Where the names of each group begin, last group first."""
    found, place = [], 0
    for group in groups:
        found.append((place, group))
        place += len(group)
    return found[::-1]


spelling(
    "rearrange",
    "Axes taken apart, joined and put in another order, by a pattern of einops.",
    REARRANGE,
    shape=rearranged,
    dtype=dtypes.same,
    spelled=rearrange,
)
spelling(
    "reduce",
    "The mean, sum, max, min, any or all over the axes that a pattern of einops leaves out.",
    REDUCE,
    shape=reduced_by,
    dtype=_reduced_dtype,
    spelled=reduce,
    needs=values_to_compare,
)
spelling(
    "repeat",
    "x repeated along the new axes of a pattern of einops.",
    'repeat(x, "b l d -> b l k d", k = 3)',
    shape=repeated,
    dtype=dtypes.same,
    spelled=repeat,
)
