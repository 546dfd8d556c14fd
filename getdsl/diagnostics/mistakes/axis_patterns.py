"""Patterns of named axes that do not fit their tensors: words for the mistake that `operands` makes."""

from __future__ import annotations

from collections.abc import Sequence

from getdsl.diagnostics.listing import joined
from getdsl.diagnostics.mistakes.operands import Misfit


def _quoted(names: Sequence[str]) -> str:
    return joined((f"`{name}`" for name in names), " and ")


# ---- as text


def no_pattern(usage: str) -> Misfit:
    return Misfit("the pattern is a text", f"`{usage}`")


def one_arrow(pattern: str, usage: str) -> Misfit:
    return Misfit(f'the pattern "{pattern}" has one `->`, between the axes before and after', f"`{usage}`")


def no_axis(found: str, pattern: str) -> Misfit:
    return Misfit(
        f'`{found}` in the pattern "{pattern}" is no axis',
        "axes are names of letters, digits and `_`, parted by spaces; `(h d)` is one axis made of two",
    )


def brackets(pattern: str) -> Misfit:
    return Misfit(
        f'the brackets of the pattern "{pattern}" do not pair up', "`(h d)` is one axis made of two"
    )


def twice(name: str, pattern: str) -> Misfit:
    return Misfit(
        f'the axis `{name}` stands twice on one side of the pattern "{pattern}"',
        "each axis has a name of its own, and `...` stands once",
    )


def dots_in_brackets(pattern: str) -> Misfit:
    return Misfit(
        f'`...` stands in brackets left of the arrow of "{pattern}"',
        "left of the arrow it stands for axes by themselves; right of it `(...)` makes them one",
    )


def dots_on_the_right(pattern: str) -> Misfit:
    return Misfit(f'`...` stands only right of the arrow of "{pattern}"', "write it on the left too")


# ---- beside tensors


def other_rank(pattern: str, axes: int, x: object, *, open: bool) -> Misfit:
    least = "at least " if open else ""
    return Misfit(
        f'the pattern "{pattern}" names {least}{axes} ax{"i" if axes == 1 else "e"}s, and the tensor is {x}',
        None if open else "`...` stands for all axes that are not named",
    )


def unknown_axes(pattern: str) -> Misfit:
    return Misfit(
        f'the pattern "{pattern}" needs a tensor whose axes are declared',
        "give it a type: `x: [B, L, 4] = …`",
    )


def unused_size(name: str, pattern: str) -> Misfit:
    return Misfit(f'a size is given for `{name}`, which is no axis of the pattern "{pattern}"')


def no_size(name: str) -> Misfit:
    return Misfit(f"the size of the axis `{name}` is an integer or a size such as `L`")


def too_small(name: str, size: object) -> Misfit:
    return Misfit(f"the axis `{name}` is {size} wide, and an axis is at least 1")


def open_axes(names: Sequence[str], width: object, x: object) -> Misfit:
    given = joined((f"{name} = …" for name in names[1:]), ", ")
    return Misfit(
        f"{_quoted(names)} share an axis of {x} that is {width} wide, and nothing says how wide each is",
        f"give the size of all but one: `{given}`",
    )


def other_size(names: Sequence[str], size: object, width: object, x: object) -> Misfit:
    if not names:
        return Misfit(f"`1` in the pattern stands for an axis of {x} that is {width} wide")
    made = f"the axis `{names[0]}` is" if len(names) == 1 else f"the axes {_quoted(names)} make"
    return Misfit(f"{made} {size}, and that axis of {x} is {width} wide")


def no_divisor(names: Sequence[str], name: str, width: object, rest: object, x: object) -> Misfit:
    return Misfit(
        f"the axis `({joined(names, ' ')})` of {x} is {width} wide, which {rest} does not divide, "
        f"so that `{name}` has no size"
    )


# ---- between the sides


def lost(name: str, pattern: str) -> Misfit:
    return Misfit(
        f'the axis `{name}` is lost right of the arrow of "{pattern}"',
        "`reduce` takes axes away: `reduce(x, pattern, \"mean\")`",
    )  # fmt: skip


def new(name: str, pattern: str, *, repeats: bool) -> Misfit:
    return Misfit(
        f'the axis `{name}` stands only right of the arrow of "{pattern}"',
        None if repeats else f"`repeat(x, pattern, {name} = …)` adds axes",
    )


def without_size(name: str, pattern: str) -> Misfit:
    return Misfit(f'the new axis `{name}` of "{pattern}" has no size', f"give it: `{name} = …`")


def nothing_reduced(pattern: str) -> Misfit:
    return Misfit(f'the pattern "{pattern}" leaves no axis out', "`rearrange` keeps all of them")


def no_reduction(known: Sequence[str]) -> Misfit:
    return Misfit(f"a reduction is {joined(known, ' or ')}", 'it stands behind the pattern: `"mean"`')


# ---- products


def tensors_and_terms(tensors: int, terms: int, pattern: str) -> Misfit:
    return Misfit(
        f'the pattern "{pattern}" has {terms} term{"s" * (terms != 1)}, and {tensors} tensor'
        f"{'s are' if tensors != 1 else ' is'} given",
        "terms stand left of the arrow, one a tensor, with commas between",
    )


def one_pattern(usage: str) -> Misfit:
    return Misfit("one of the arguments is a pattern, the others are tensors", f"`{usage}`")


def brackets_in_a_product(pattern: str) -> Misfit:
    return Misfit(
        f'an axis of "{pattern}" is made of several, and `einsum` takes them one by one',
        "`rearrange` takes an axis apart first",
    )


def two_sizes(name: str, one: object, first: object, other: object, second: object) -> Misfit:
    return Misfit(f"the axis `{name}` is {one} in {first} and {other} in {second}")


def dots_of_ranks(pattern: str) -> Misfit:
    return Misfit(f'`...` of "{pattern}" stands for another number of axes in each tensor')


def unknown_result_axis(name: str, pattern: str) -> Misfit:
    return Misfit(f'the axis `{name}` of the result of "{pattern}" is an axis of no tensor')


def too_many_letters(limit: int) -> Misfit:
    return Misfit(f"a product has at most {limit} axes")
