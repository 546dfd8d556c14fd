"""Operands of an operation that do not fit. Types and sizes arrive as they are shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.diagnostics.fixes import Help
from getdsl.diagnostics.listing import joined
from getdsl.diagnostics.rewrites import made_by, with_argument
from getdsl.text.source import Span

GET302 = Code(
    "GET302",
    "an operation's operands do not fit",
    "Sizes are compared as formulas: `R + 1` and `R` differ for every R.",
)


@dataclass(frozen=True)
class Misfit:
    """Why operands do not fit, and what to write instead."""

    text: str
    help: str | None = None
    argument: str = ""  # that is wrong, by its name
    value: str = ""  # the one right value of the argument
    cast: str = ""  # the operation that makes the argument right


def do_not_fit(
    place: Span | None,
    message: Misfit,
    labels: Iterable[Label],
    notes: Iterable[str],
    call: Span | None = None,
    argument: Span | None = None,
) -> Diagnostic:
    """`message` is one of those below, which the rules of operations choose.

    `call` is where the operation is called by its name, and `argument` where it has the one that is wrong.
    """
    help: str | Help | None = message.help
    if call is not None and message.value:
        help = with_argument(call, argument, message.argument, message.value, message.help or "")
    elif call is not None and message.cast:
        help = made_by(message.cast, argument, call, message.help)
    return GET302.at(place, message.text, labels=labels, notes=notes, help=help)


# ---- kinds of operands


WANTED = {
    ("float",): "floats",
    ("float", "int"): "numbers, not true and false",
    ("int",): "places, which are integers",
    ("bool",): "a mask of true and false",
}
MENDS = {
    ("float",): "`to_float(x)` makes floats of it",
    ("float", "int"): "`to_float(x)` makes floats of it, `to_int(x)` integers",
    ("int",): "`to_int(x)` makes integers of it",
    ("bool",): "compare it with a number: `x > 0`",
}


def wrong_dtype(operation: str, x: object, wanted: tuple[str, ...], argument: str = "") -> Misfit:
    """`wanted` are the element types that it takes, of an `argument` by its name."""
    cast = "to_float" if wanted == ("float",) and argument else ""
    return Misfit(f"`{operation}` takes {WANTED[wanted]}, got {x}", MENDS[wanted], argument, cast=cast)


def masks_alone(operation: str) -> Misfit:
    return Misfit(
        f"`{operation}` takes numbers, and all operands are true and false",
        "`to_int(x)` makes integers of one",
    )


def divided_by_zero() -> str:
    return "integers are divided by 0"


def negative_power(exponent: object) -> Misfit:
    return Misfit(f"integers have no power {exponent}", "`to_float(x)` makes floats of them")


def wrong_kind(name: str, kinds: Collection[type]) -> str:
    """`kinds` are the classes of values that an argument may be of."""
    return (
        f"`{name}` must be {joined(dict.fromkeys(_KINDS.get(kind.__name__, '') for kind in kinds), ' or ')}"
    )


_KINDS = {
    "TensorType": "a tensor",
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "Dim": "a number",
    "list": "a list",
    "tuple": "a list",
    "NoneType": "none",
    "str": "a text",
}


def no_tensor() -> str:
    return "one of the operands must be a tensor"


def no_operand() -> str:
    return "the operands must be tensors or numbers"


# ---- sizes


def never_fits(need: object, told: str, *, known: bool) -> str:
    """`need` is what never holds of the sizes, `told` what needs it; `known` where all sizes are numbers."""
    return f"{told} needs {need}" + ("" if known else ", which no size makes true")


def repeated_axis(dim: object) -> str:
    return f"axis {dim} is named twice"


def no_axes() -> str:
    return "`dim` names no axis; leave it out to take all"


def negative_side(side: object) -> str:
    return f"a side cannot be {side}"


def no_sides() -> str:
    return "name the sides of the shape"


def compared_axis(axis: int | str) -> str:
    return f"the largest or smallest value along axis {axis}"


def too_many_axes(operation: str, rank: int, limit: int) -> str:
    return f"`{operation}` returns {rank} axes, and a tensor has at most {limit}"


def side_of_the_result(operation: str) -> str:
    return f"a side of what `{operation}` returns"


def reshaped_side(have: object, known: object) -> str:
    return f"a reshape of {have} values whose known sides are {known}"


def divisor_of_the_values(known: object) -> str:
    return f"a reshape whose known sides are {known}"


def slice_bounds(start: object, stop: object) -> str:
    shown = ("" if bound is None else str(bound) for bound in (start, stop))
    return f"the slice `{':'.join(shown)}`"


PLACE, FROM_PLACE = "its place", "the axis from there on"  # sizes that an index and a slice need
BOUND, LENGTH, BEHIND = "its bound", "its length", "what is left of the axis behind it"


def index_of(item: object) -> str:
    return f"the index {item}"


def mask_that_is_wider(mask: object, x: object) -> str:
    return f"the mask {mask} has other sides than {x}, which it masks"


def axis_not_an_integer(dim: object) -> str:
    return f"an axis is an integer, not {dim}"


def axis_out_of_range(dim: int, rank: int) -> str:
    return f"axis {dim} is out of range for a tensor of rank {rank}"


def not_broadcastable(types: Iterable[object], one: object, other: object, axis: int) -> str:
    return f"cannot combine {joined(types, ' with ')}: {one} and {other} differ on axis {axis}"


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


def concat_of_sides(
    first: object, part: object, dim: object, one: object, other: object, axis: int, fits: int | None
) -> Misfit:
    """`fits` is the one axis along which all of them can be joined, if there is one."""
    text = f"cannot concat {first} with {part} along axis {dim}: {one} and {other} differ on axis {axis}"
    if fits is None:
        return Misfit(text)
    return Misfit(text, f"they fit along axis {fits}: `dim = {fits}`", "dim", str(fits))


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
    return f"`permute` of {x} must name each of its {rank} axes once, got ({joined(dims)})"


def squeeze_of_a_wide_axis(dim: object, x: object, side: object) -> str:
    return f"`squeeze` of axis {dim} of {x}: it is {side} wide, not 1"


def not_a_shape() -> str:
    return "a shape is made of integers and dimensions"


def reshape_with_two_free_axes() -> str:
    return "`reshape` can work out one axis (-1), not two"


def reshape_to_another_size(x: object, have: object, to: object, size: object) -> str:
    return f"cannot reshape {x}, {have} values, to {to}, {size}"


def reshape_that_leaves_a_rest(x: object, have: object, known: object) -> str:
    return f"cannot reshape {x}: {have} values do not divide by {known}"


def reshape_to_nothing() -> str:
    return "`reshape` cannot work out -1 beside a side of 0"


def expand_to_an_open_side() -> str:
    return "`expand` keeps a side with -1, and a new axis has none"


def flatten_backwards() -> str:
    return "`flatten` ends before it starts"


def expand_to_fewer_axes(x: object) -> str:
    return f"`expand` cannot take axes away from {x}"


def expand_of_a_wide_axis(axis: int, x: object, old: object, side: object) -> str:
    return f"cannot expand axis {axis} of {x} from {old} to {side}"


# ---- places


def index_of_another_rank(index: object, x: object) -> Misfit:
    return Misfit(
        f"the places {index} have another number of axes than {x}",
        "`x[ids]` takes whole rows by their places",
    )


def places_beside(axis: int) -> str:
    return f"axis {axis} of the places"


def scatter_of_another_type(source: object, x: object) -> str:
    return f"`source`, {source}, is added to x, {x}, and is of another type"


def scatter_of_another_shape(source: object, index: object) -> str:
    return f"each value of `source`, {source}, needs its place, and the places are {index}"


def largest_of_axis(k: object) -> str:
    return f"a choice of {k}"


CLASSES, THEIR_NUMBER = "`one_hot`", "the number of classes"
COUNT, BESIDE, SIZE = "their number", "what is left of the axis", "its size"


# ---- along an axis


def pad_of_another_type(value: object) -> Misfit:
    return Misfit(f"only floats can be padded with {value}", "`to_float(x)` makes floats of them")


def step_not_positive(step: object) -> Misfit:
    return Misfit(f"a step is 1 or more, not {step}", "`flip(x, dim)` turns an axis round")


def window_not_positive() -> str:
    return "the size of a window and its step are 1 or more"


def window_of(size: object) -> str:
    return f"a window of {size}"


def no_mode(mode: object, known: Iterable[object]) -> str:
    return f"`mode` is {joined((f'`{each}`' for each in known), ' or ')}, not `{mode}`"


PADDING, WIDTH = "a padding", "its width"
INTERPOLATED, SPECTRUM, RANGE = "`interpolate`", "a spectrum", "`arange`"


def not_complex(x: object) -> Misfit:
    return Misfit(
        f"complex numbers are pairs of floats on a last axis of 2, and this is {x}",
        "`rfft` makes them; `stack([real, imaginary], dim = -1)` too",
    )


# ---- random numbers


def spread_negative() -> Misfit:
    return Misfit("`std` is 0 or more")


def bounds_crossed(low: object, high: object) -> Misfit:
    return Misfit(f"`low` is not above `high`, and {low} is above {high}")


def no_probability(p: object) -> Misfit:
    return Misfit(f"a probability is between 0 and 1, and `p` is {p}")


def no_evaluation(found: object, known: Iterable[object]) -> Misfit:
    return Misfit(f"`evaluation` is {joined((f'`{each}`' for each in known), ' or ')}, not `{found}`")


def derived_no_tensor(name: str, found: str, place: Span) -> Diagnostic:
    return GET302.at(place, f"the input `{name}` is {found}, not a tensor")
