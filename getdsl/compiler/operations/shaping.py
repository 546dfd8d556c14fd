"""Operations that rearrange axes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from getdsl.compiler.graph.bounds import AtLeast, Multiple, Need
from getdsl.compiler.graph.dimensions import Dim, Monomial, total
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations import dtypes, kept, reaching
from getdsl.compiler.operations.operand import Operand, Shape, ShapeError, axis
from getdsl.compiler.operations.registry import operation
from getdsl.diagnostics.mistakes import operands


def permuted(x: TensorType, *dims: Operand) -> Shape:
    rank = len(x.shape)
    order = [axis(dim, rank) for dim in dims]
    if not dims:
        raise ShapeError(operands.no_sides())
    if sorted(order) != list(range(rank)):
        raise ShapeError(operands.permute_of_other_axes(x.plain(), rank, dims))
    return tuple(x.shape[i] for i in order)


def transposed(x: TensorType, dim0: Operand, dim1: Operand) -> Shape:
    first, second = axis(dim0, len(x.shape)), axis(dim1, len(x.shape))
    sides = list(x.shape)
    sides[first], sides[second] = sides[second], sides[first]
    return tuple(sides)


def squeezed(x: TensorType, dim: Operand) -> Shape:
    position = axis(dim, len(x.shape))
    if x.shape[position] != 1:
        raise ShapeError(operands.squeeze_of_a_wide_axis(dim, x.plain(), x.shape[position]))
    return x.shape[:position] + x.shape[position + 1 :]


def unsqueezed(x: TensorType, dim: Operand) -> Shape:
    position = axis(dim, len(x.shape), extra=1)
    return (*x.shape[:position], Dim.of(1), *x.shape[position:])


def sides_of(shape: tuple[Operand, ...], *, open_side: bool = True) -> list[int | Dim]:
    """The sides of a shape, given one by one or as one list; -1 may stand for one. Raises ShapeError."""
    if not shape:
        raise ShapeError(operands.no_sides())
    only = shape[0] if len(shape) == 1 else None
    return [_side(side, open_side) for side in (only if isinstance(only, list | tuple) else shape)]


def _side(side: Operand, open_side: bool) -> int | Dim:
    if isinstance(side, bool) or not isinstance(side, int | Dim):
        raise ShapeError(operands.not_a_shape())
    number = Dim.of(side).value
    if number is not None and number < 0 and not (number == -1 and open_side):
        raise ShapeError(operands.negative_side(number))
    return side


def reshaped(x: TensorType, *shape: Operand) -> Shape:
    sides = sides_of(shape)
    free = [i for i, side in enumerate(sides) if side == -1]
    if len(free) > 1:
        raise ShapeError(operands.reshape_with_two_free_axes())
    dims = [Dim.of(side) for side in sides]
    have = total(x.shape)
    if free:
        known = total(dim for i, dim in enumerate(dims) if i not in free)
        if known == 0:
            raise ShapeError(operands.reshape_to_nothing())
        dims[free[0]] = _quotient(have, known, x)
    elif have != total(dims):
        to = TensorType(tuple(dims))
        raise ShapeError(operands.reshape_to_another_size(x.plain(), have, to, total(dims)))
    return tuple(dims)


def whole_sides(x: TensorType, *shape: Operand) -> Iterator[Need]:
    """The values divide by the sides that are known."""
    known = total(Dim.of(side) for side in sides_of(shape) if side != -1)
    if -1 in sides_of(shape):
        have = total(x.shape)
        yield AtLeast(known, 1, operands.divisor_of_the_values(known))
        yield Multiple(*have.cancelled(known), operands.reshaped_side(have, known))


def _quotient(have: Dim, known: Dim, x: TensorType) -> Dim:
    """What is left of `have` once `known` is divided out, factor by factor."""
    exact = _divided(have, known)
    if exact is not None:
        return exact
    if have.value is not None and known.value is not None:
        raise ShapeError(operands.reshape_that_leaves_a_rest(x.plain(), have, known))
    return have // known


def _divided(have: Dim, known: Dim) -> Dim | None:
    """The quotient by a single term that divides each term of `have`; None otherwise."""
    if len(known.terms) != 1:
        return None
    monomial, factor = known.terms[0]
    terms = []
    for powers, number in have.terms:
        rest = _without(powers, monomial)
        if rest is None or number % factor:
            return None
        terms.append((rest, number // factor))
    return Dim(tuple(terms))


def _without(powers: Monomial, divisor: Monomial) -> Monomial | None:
    rest = dict(powers)
    for atom, power in divisor:
        rest[atom] = rest.get(atom, 0) - power
        if rest[atom] < 0:
            return None
    return tuple((atom, power) for atom, power in rest.items() if power)


def flattened(x: TensorType, start_dim: Operand = 0, end_dim: Operand = -1) -> Shape:
    first, last = axis(start_dim, len(x.shape)), axis(end_dim, len(x.shape))
    if first > last:
        raise ShapeError(operands.flatten_backwards())
    return (*x.shape[:first], total(x.shape[first : last + 1]), *x.shape[last + 1 :])


def unflattened(x: TensorType, dim: Operand, sizes: Operand) -> Shape:
    position = axis(dim, len(x.shape))
    if not isinstance(sizes, list | tuple):
        raise ShapeError(operands.not_a_shape())
    side = TensorType((x.shape[position],), x.dtype)
    return (*x.shape[:position], *reshaped(side, list(sizes)), *x.shape[position + 1 :])


def whole_pieces(x: TensorType, dim: Operand, sizes: Operand) -> Iterator[Need]:
    """The axis divides by the sides that are known."""
    side = TensorType((x.shape[axis(dim, len(x.shape))],), x.dtype)
    yield from whole_sides(side, sizes)


def expanded(x: TensorType, *shape: Operand) -> Shape:
    sides = sides_of(shape)
    offset = len(sides) - len(x.shape)
    if offset < 0:
        raise ShapeError(operands.expand_to_fewer_axes(x.plain()))
    old = [*[Dim.of(1)] * offset, *x.shape]
    return tuple(_stretched(x, old, i, side) for i, side in enumerate(sides))


def _stretched(x: TensorType, old: Sequence[Dim], position: int, side: int | Dim) -> Dim:
    if side == -1:
        if position < len(old) - len(x.shape):
            raise ShapeError(operands.expand_to_an_open_side())
        return old[position]
    if old[position] != 1 and old[position] != Dim.of(side):
        raise ShapeError(operands.expand_of_a_wide_axis(position, x.plain(), old[position], side))
    return Dim.of(side)


def flipped(x: TensorType, dim: Operand) -> Shape:
    axis(dim, len(x.shape))
    return x.shape


operation(
    "permute",
    "The axes in another order.",
    "permute(x, 0, 2, 1)",
    shape=permuted,
    dtype=dtypes.same,
    cost=kept.permuted_memory,
    reach=reaching.permuted,
)
operation(
    "transpose",
    "Two axes in each other's place.",
    "transpose(x, 1, 2)",
    shape=transposed,
    dtype=dtypes.same,
    cost=kept.permuted_memory,
    reach=reaching.transposed,
)
operation(
    "squeeze",
    "x without an axis that is 1 wide.",
    "squeeze(unsqueeze(x, 1), 1)",
    shape=squeezed,
    dtype=dtypes.same,
    cost=kept.same_memory,
    reach=reaching.squeezed,
)
operation(
    "unsqueeze",
    "x with one axis more, 1 wide.",
    "unsqueeze(x, 1)",
    shape=unsqueezed,
    dtype=dtypes.same,
    cost=kept.same_memory,
    reach=reaching.unsqueezed,
)
operation(
    "reshape",
    "The same values in another shape; -1 is worked out.",
    "reshape(x, B, -1)",
    shape=reshaped,
    dtype=dtypes.same,
    cost=kept.reshaped_memory,
    needs=whole_sides,
    reach=reaching.reshaped,
)
operation(
    "flatten",
    "The axes from `start_dim` to `end_dim` as one.",
    "flatten(x, 1, 2)",
    shape=flattened,
    dtype=dtypes.same,
    cost=kept.reshaped_memory,
    reach=reaching.flattened,
)
operation(
    "unflatten",
    "An axis as several, of these sizes; -1 is worked out.",
    "unflatten(x, 2, [2, -1])",
    shape=unflattened,
    dtype=dtypes.same,
    cost=kept.same_memory,
    needs=whole_pieces,
    reach=reaching.unflattened,
)
operation(
    "expand",
    "x repeated along axes that are 1 wide, or new on the left; -1 keeps a side.",
    "expand(unsqueeze(x, 1), -1, 4, -1, -1)",
    shape=expanded,
    dtype=dtypes.same,
    cost=kept.repeated_memory,
    reach=reaching.expanded,
)
operation(
    "flip",
    "An axis in reverse.",
    "flip(x, 1)",
    shape=flipped,
    dtype=dtypes.same,
    cost=kept.nothing,
    reach=reaching.flipped,
)
