"""Operands of an operation that do not fit. Types and sizes arrive as they are shown."""

from __future__ import annotations

from collections.abc import Iterable

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.text.source import Span

GET302 = Code(
    "GET302",
    "an operation's operands do not fit",
    "Sizes are compared as formulas: `R + 1` and `R` differ for every R.",
    "y = concat([a, b], dim = 1)  # [B, R, 8], [B, R, 4]",
    "y = concat([a, b], dim = 2)",
)


def do_not_fit(place: Span | None, message: str, labels: Iterable[Label], notes: Iterable[str]) -> Diagnostic:
    """`message` is one of those below, which the rules of shapes choose."""
    return GET302.at(place, message, labels=labels, notes=notes)


def axis_not_an_integer(dim: object) -> str:
    return f"an axis is an integer, not {dim}"


def axis_out_of_range(dim: int, rank: int) -> str:
    return f"axis {dim} is out of range for a tensor of rank {rank}"


def not_broadcastable(types: Iterable[object], one: object, other: object, axis: int) -> str:
    return f"cannot combine {' with '.join(map(str, types))}: {one} and {other} differ on axis {axis}"


def clamp_without_bounds() -> str:
    return "`clamp` needs `min` or `max`"


def mask_with_more_axes(mask: object, x: object) -> str:
    return f"the mask {mask} has more axes than {x}, which it masks"


# ---- joining


def not_a_list_of_tensors(operation: str) -> str:
    return f"`{operation}` takes a list of tensors, `[a, b]`"


def list_with_other_things(operation: str) -> str:
    return f"`{operation}` takes a list of tensors; something else is in it"


def concat_of_ranks(first: object, part: object) -> str:
    return f"cannot concat {first} with {part}: their ranks differ"


def concat_of_sides(first: object, part: object, dim: int, one: object, other: object, axis: int) -> str:
    return f"cannot concat {first} with {part} along axis {dim}: {one} and {other} differ on axis {axis}"


def stack_of_shapes(first: object, part: object) -> str:
    return f"cannot stack {first} with {part}"


def pairs_without_axis(x: object) -> str:
    return f"pairs are made along axis 1, and {x} has none"


def pairs_of_shapes(x: object, y: object) -> str:
    return f"cannot pair {x} with {y}"


def not_matrices(left: object, right: object) -> str:
    return f"cannot multiply {left} by {right} as matrices"


def full_without_sides() -> str:
    return "`full` takes a list of sides first: `full([B, R], 1)`"


def full_of_no_number() -> str:
    return "`full` takes a number"


# ---- axes


def permute_of_other_axes(x: object, rank: int, dims: Iterable[object]) -> str:
    return f"`permute` of {x} must name each of its {rank} axes once, got ({', '.join(map(str, dims))})"


def squeeze_of_a_wide_axis(dim: int, x: object, side: object) -> str:
    return f"`squeeze` of axis {dim} of {x}: it is {side} wide, not 1"


def not_a_shape() -> str:
    return "a shape is made of integers and dimensions"


def reshape_with_two_free_axes() -> str:
    return "`reshape` can work out one axis (-1), not two"


def reshape_to_another_size(x: object, have: object, to: object, size: object) -> str:
    return f"cannot reshape {x}, {have} values, to {to}, {size}"


def reshape_that_leaves_a_rest(x: object, have: object, known: object) -> str:
    return f"cannot reshape {x}: {have} values do not divide by {known}"


def flatten_backwards() -> str:
    return "`flatten` ends before it starts"


def expand_to_fewer_axes(x: object) -> str:
    return f"`expand` cannot take axes away from {x}"


def expand_of_a_wide_axis(axis: int, x: object, old: object, side: object) -> str:
    return f"cannot expand axis {axis} of {x} from {old} to {side}"


# ---- indexing


def too_many_indices(used: int, x: object, rank: int) -> str:
    return f"{used} indices for {x}, which has {rank} axes"


def index_is_a_tensor() -> str:
    return "an index is an integer or a slice; use `select` for masks"


def not_an_index(item: object) -> str:
    return f"an index is an integer or a slice, not {item}"


def index_out_of_range(number: int, side: object) -> str:
    return f"index {number} is out of range for an axis of {side}"


def not_a_bound() -> str:
    return "a slice's bounds are integers or dimensions"


def derived_no_tensor(name: str, found: str, place: Span) -> Diagnostic:
    return GET302.at(place, f"the input `{name}` is {found}, not a tensor")
