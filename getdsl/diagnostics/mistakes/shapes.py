"""Types and shapes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from getdsl.diagnostics.code import Code
from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.diagnostics.fixes import Help, renamed, written
from getdsl.diagnostics.listing import joined
from getdsl.diagnostics.mistakes.operands import never_fits
from getdsl.diagnostics.suggest import meant, meant_or_list, nearest
from getdsl.text.source import Span

GET301 = Code(
    "GET301",
    "an input has the wrong shape",
    "A block's face says what shapes it takes. Upper-case names in it are symbols that the call "
    "binds: the same symbol is the same size throughout. "
    "The labels show what the block expects and where the tensor came from.",
)


def unfit_input(
    module: str,
    problem: str,
    place: Span,
    text: str,
    *,
    labels: Iterable[Label],
    where: Iterable[str],
    helps: Iterable[str],
    width: tuple[Span, str] | None = None,
) -> Diagnostic:
    """`problem` is what the input expects and got; `text` stands under the call.

    `width` is where the call says how wide the input is, and how wide it is.
    """
    return GET301.at(
        place, f"`{module}` {problem}", text, labels=labels, notes=where, help=_fitting(helps, width)
    )


def _fitting(helps: Iterable[str], width: tuple[Span, str] | None) -> Help | str | None:
    if width is None:
        return joined(helps, ", or ") or None
    place, new = width
    text = joined(dict.fromkeys([pass_param(new), *helps]), ", or ")
    return written(text, place, new, f"write `{new}` for `{place.in_a_line}`")


EXPECTED = {"float": "floats", "int": "integers", "bool": "true/false values"}
CASTS = {"float": "`to_float(x)`", "int": "`to_int(x)`", "bool": "a comparison, `x > 0`,"}


def other_dtype(wanted: str, found: str) -> str:
    """`wanted` and `found` are element types."""
    return f"expects {EXPECTED[wanted]}, got {found} values; {CASTS[wanted]} makes them"


def pass_param(name: str) -> str:
    """The help where a width comes from a param."""
    return f"pass `{name}`"


def project_first(node: str, width: object) -> str:
    """The help where a width is not the one that is expected."""
    return f"project first: `{node} -> Linear({width})`"


def say_the_size(key: str) -> str:
    """The help where a file alone knows a size of a key of the batch."""
    return f"say the size in the reader of `{key}`, by its params"


GET303 = Code(
    "GET303",
    "an unbound symbol",
    "A dimension symbol is bound by the declared shape of an input.",
)


def unbound_symbol(name: str, place: Span, known: Iterable[str]) -> Diagnostic:
    bound = sorted(known)
    other = f"bound here: {joined(bound)}" if bound else "declare an input that has this axis"
    return GET303.at(
        place, f"the symbol `{name}` is bound by no input", help=meant(name, place, bound) or other
    )


def open_input(place: Span) -> Diagnostic:
    return GET303.at(
        place, "an input of a model states all of its axes", help="write them out instead of `...`"
    )


GET304 = Code(
    "GET304",
    "not a tensor type",
    "A type is `[B, R, 64]`, `int[B, R]`, `bool[B, R]`, `mask[B, R]`, `onehot[B, L, 4]` or "
    "`lengths[B, R] of L`.",
)


PLAIN = "tensor"  # what others call a tensor of floats


def no_such_tensor_type(name: str, place: Span, known: Iterable[str]) -> Diagnostic:
    types = [*known]
    help = meant_or_list(name, place, types, "tensor types")
    if nearest(name, [*types, PLAIN]) == PLAIN:
        help = written("a tensor of floats has no word before its sides: `[B, R, 64]`", place, "")
    return GET304.at(place, f"`{name}` is no tensor type", help=help)


def no_tensor_type(place: Span) -> Diagnostic:
    return GET304.at(
        place, "this is no tensor type", help="write `[B, R, 64]`, `int[B, R]`, `onehot[B, L, 4]`, …"
    )


def lengths_of_nothing(place: Span) -> Diagnostic:
    return GET304.at(place, "`lengths[…]` says what it measures: `lengths[B, R] of L`")


def of_without_lengths(place: Span) -> Diagnostic:
    return GET304.at(place, "`of` goes with `lengths[…]`")


def open_side(place: Span) -> Diagnostic:
    return GET304.at(place, "`...` stands first in a type, and a side is a number")


def no_side(found: str, place: Span) -> Diagnostic:
    return GET304.at(place, f"a side of a tensor is an integer or a symbol, not {found}")


def negative_side(side: int, place: Span) -> Diagnostic:
    return GET304.at(place, f"a side of a tensor cannot be {side}")


def too_many_axes(rank: int, limit: int, place: Span) -> Diagnostic:
    return GET304.at(place, f"this is a tensor of {rank} axes, and one has at most {limit}")


GET305 = Code(
    "GET305",
    "not what it was declared to be",
    "A binding, output or derived input has another shape than its declared type.",
)


def not_as_declared(
    what: str, declared: object, found: object, place: Span, value: Span, where: Iterable[str] = ()
) -> Diagnostic:
    """`what` is the binding, or the output; `where` says what its symbols are."""
    return GET305.at(
        place,
        f"{what} is declared {declared} and is {found}",
        labels=[Label(value, str(found))],
        notes=where,
    )


GET307 = Code(
    "GET307",
    "a dimension cannot be solved",
    "An input's dimension is linear in at most one symbol that is new, so that its size at run time "
    "settles it.",
)


def unsolved_axis(
    axis: int, name: str, dim: object, missing: Sequence[str], place: Span, *, free: bool
) -> Diagnostic:
    """`free`: the axis may have any size, as it is the product of sizes that are new."""
    help: str | Help = (
        "an input's dimension is linear in at most one new symbol; name the axis by itself in another input"
    )
    if free:
        symbol = "".join(missing)
        text = f"a size that is any has one symbol, `{symbol}`; or name the axis by itself in another input"
        help = renamed(text, place, str(dim), symbol)
    return GET307.at(
        place, f"axis {axis} of `{name}`, {dim}, cannot be solved for {joined(missing)}", help=help
    )


def lengths_of_no_axis(name: str, dim: object, missing: str, place: Span) -> Diagnostic:
    """`missing` is the symbol in `dim` that is on no axis."""
    return GET307.at(
        place,
        f"`{name}` holds lengths of {dim}, and no axis of an input tells {missing}",
        help=f"name the axis that they divide, as in `input x: [B, {missing}]`, or write `int[…]` for "
        "numbers that divide nothing",
    )


GET310 = Code(
    "GET310",
    "weights of unknown size",
    "The shape of a weight is a number; it cannot depend on the size of a batch.",
)


def open_weights(block: str, free: object, place: Span, declared: Span) -> Diagnostic:
    return GET310.at(
        place,
        f"the weights of `{block}` need a width that is known at compile time, and {free} is free",
        labels=[Label(declared, "the shape of the weights")],
        help="declare the input's width as a number or a param, or project it first",
    )


def open_parameter(place: Span) -> Diagnostic:
    return GET310.at(place, "the shape of a `Parameter` is a list of integers that are known at compile time")


GET311 = Code(
    "GET311",
    "a size that no batch can have",
    "A slice, an index, a window or a `require` needs something of a size, and no batch can have it. "
    "Where it depends on the batch, `check --summary` says so, and a batch that does not fit is refused by "
    "its input's name.",
)


def never_holds(told: str, need: object, place: Span, *, known: bool) -> Diagnostic:
    return GET311.at(place, never_fits(need, told, known=known))


def need_of_untold_size(told: str, need: object, place: Span) -> Diagnostic:
    """A block's need of what its lengths divide, where it is given integers that are no lengths."""
    return GET311.at(
        place,
        f"{told} needs {need}, and nothing that the call gives tells that size",
        help="declare what is given as lengths, as in `input peak_lengths: lengths[B, R] of L`",
    )


def needs_exclude_each_other(one: object, other: object, place: Span, earlier: Span | None) -> Diagnostic:
    """Each is what needs something, and what it needs."""
    labels = [Label(earlier, "the other")] if earlier is not None else []
    return GET311.at(place, f"{one}, and {other}: no size makes both true", labels=labels)


def bindings_line(symbols: Iterable[object], constants: Mapping[str, object]) -> list[str]:
    """The note that says which sizes in sight are free, and what the others are; nothing where none is."""
    parts = []
    free = sorted(map(str, symbols))
    if free:
        parts.append(f"{joined(free)} {'is' if len(free) == 1 else 'are'} free")
    parts.extend(f"{name} = {value}" for name, value in constants.items())
    return [f"where {joined(parts)}"] if parts else []
