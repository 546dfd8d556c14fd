"""Indices that do not fit their tensors: words for the mistake that `operands` makes."""

from __future__ import annotations

from getdsl.diagnostics.mistakes.operands import Misfit


def too_many_indices(used: int, x: object, rank: int) -> str:
    return f"{used} indices for {x}, which has {rank} axes"


def two_ellipses() -> str:
    return "an index has at most one `...`"


def index_is_a_mask(mask: object) -> Misfit:
    return Misfit(
        f"{mask} is a mask, and how many values it selects is no size that is known",
        "`select(mask, x, 0.0)` keeps the shape, `masked_mean(x, mask)` takes the mean of what is selected",
    )


def index_of_floats(index: object) -> Misfit:
    return Misfit(f"places are integers, and {index} holds floats", "`to_int(x)` makes integers of it")


def index_beside_a_tensor() -> Misfit:
    return Misfit(
        "beside a tensor of places an index has only `:`, `...`, slices and `none`",
        "one after the other: `x[0][ids]`; `gather` takes a place for each value",
    )


def not_an_index(item: object) -> str:
    return f"an index is an integer or a slice, not {item}"


def index_out_of_range(number: int, side: object) -> str:
    return f"index {number} is out of range for an axis of {side}"


def not_a_bound() -> str:
    return "a slice's bounds are integers or dimensions"
