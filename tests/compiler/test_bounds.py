"""Bounds of sizes hold for all sizes; what an operation needs of sizes is what PyTorch needs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import pytest
import torch
from hypothesis import given

from getdsl.compiler.graph.bounds import AtLeast, Multiple, least, most
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.operands import SliceArgument
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.lower.operations import OPERATIONS as HALVES
from getdsl.compiler.operations import OPERATIONS, Operand, ShapeError
from tests.compiler.dims import at, dims, positive, sizes

B, R = Dim.symbol("B"), Dim.symbol("R")
NUMBERS = (1, 2, 3, 4, 5, 6, 8, 9, 12, 16)


@given(dims, sizes)
def test_bounds_hold_for_all_sizes(dim: Dim, values: Mapping[str, int]) -> None:
    low, high = least(dim), most(dim)
    assert low is None or low <= at(dim, values)
    assert high is None or high >= at(dim, values)


@given(dims, sizes, positive)
def test_needs_are_decided_rightly(dim: Dim, values: Mapping[str, int], number: int) -> None:
    for need in (AtLeast(dim, number), Multiple(dim, Dim.of(number))):
        assert need.holds(values) or not need.always()
        assert not need.holds(values) or not need.never()


@pytest.mark.parametrize(
    ("dim", "low", "high"),
    [
        (R, 1, None),
        (R - 2, -1, None),
        (R * R - R, 0, None),
        (-R, None, -1),
        (Dim.of(3), 3, 3),
        (R // 2, 0, None),
        ((R - 3) // 2, -1, None),
        (B * R + 1, 2, None),
        (B - R, None, None),
        (R - R // 2, 1, None),
        (R - (R // 2) * 2, 0, 1),
        (R // 3 - R, None, -1),
    ],
)
def test_bounds_of_some_sizes(dim: Dim, low: int | None, high: int | None) -> None:
    assert (least(dim), most(dim)) == (low, high)


def test_a_known_bound_serves() -> None:
    assert least(R - 2, {Symbol("R"): 5}) == 3
    assert AtLeast(R - 2, 0).always({Symbol("R"): 2})
    assert not AtLeast(R - 2, 0).always()


@pytest.mark.parametrize(
    ("need", "text", "bound"),
    [
        (AtLeast(R - 2, 0), "R >= 2", (Symbol("R"), 2)),
        (AtLeast(R * 2 - 3, 0), "R >= 2", (Symbol("R"), 2)),
        (AtLeast(B - R - 1, 0), "B - R >= 1", None),
        (Multiple(R, Dim.of(4)), "R to be a multiple of 4", None),
    ],
)
def test_a_need_is_told_as_a_bound(
    need: AtLeast | Multiple, text: str, bound: tuple[Symbol, int] | None
) -> None:
    assert str(need) == text
    assert need.bound() == bound


def value(item: Any, sizes: Mapping[str, int]) -> Any:
    if isinstance(item, Dim):
        return item.evaluate(sizes)
    if isinstance(item, SliceArgument):
        return slice(value(item.start, sizes), value(item.stop, sizes))
    return tuple(value(each, sizes) for each in item) if isinstance(item, tuple) else item


def hold(name: str, shape: tuple[Dim, ...], *args: Any) -> bool:
    """Holds an operation against PyTorch for all small sizes; whether the table accepts it.

    Where what it needs holds, it runs and gives the declared shape; where it is refused, it never does that.
    """
    operands: list[Operand] = [TensorType(shape), *args]
    try:
        declared = OPERATIONS[name].result(operands, {}).shape
        needs = OPERATIONS[name].needed(operands, {})
    except ShapeError:
        return False
    met = 0
    for b, r in product(NUMBERS, repeat=2):
        sizes = {"B": b, "R": r}
        if not all(need.holds(sizes) for need in needs):
            continue
        met += 1
        x = torch.zeros([side.evaluate(sizes) for side in shape])
        got = HALVES[name](x, *(value(item, sizes) for item in args))
        assert list(got.shape) == [side.evaluate(sizes) for side in declared], (name, shape, args, sizes)
    assert met, f"{name} of {shape}, {args} is accepted, and no size meets {[str(need) for need in needs]}"
    return True


SIDES = (R, R + 1, R * 2, Dim.of(4), Dim.of(1))
PLACES: tuple[Dim | int, ...] = (0, 1, 2, 5, -1, -2, -5, R, R - 1, R + 1, -R)


@pytest.mark.parametrize("side", SIDES, ids=str)
def test_slices_are_as_long_as_declared(side: Dim) -> None:
    accepted = [
        hold("getitem", (B, side), (SliceArgument(None, None), SliceArgument(start, stop)))
        for start, stop in product((None, *PLACES), repeat=2)
    ]
    assert sum(accepted) > len(accepted) // 2


@pytest.mark.parametrize("side", SIDES, ids=str)
def test_indices_lie_in_their_axis(side: Dim) -> None:
    accepted = [hold("getitem", (B, side), (SliceArgument(None, None), place)) for place in PLACES]
    assert any(accepted)


FACTORS = (1, 2, 3, 4, B, R, R * 2, R - 1)


@pytest.mark.parametrize("side", [*SIDES, R - 1, B * 3, Dim.of(6)], ids=str)
def test_a_reshape_divides_what_there_is(side: Dim) -> None:
    accepted = [hold("reshape", (B, side), *known, -1) for known in product(FACTORS, repeat=2)]
    assert any(accepted)


@pytest.mark.parametrize("name", ["max", "min"])
def test_nothing_has_no_largest_value(name: str) -> None:
    assert not hold(name, (B, Dim.of(0)), 1)
    assert not hold(name, (B, Dim.of(0)), None)
    assert hold(name, (B, R - 1), 1)
    assert hold(name, (Dim.of(0), R), 1)


@pytest.mark.parametrize(
    ("name", "args", "accepted"),
    [
        ("reshape", (4, 1, B, -1), True),  # where R is a multiple of 4
        ("reshape", (-2, -3), False),
        ("reshape", (0, -1), False),
        ("expand", (5, -1, -1), True),
        ("expand", (-1, -1, -1), False),
        ("expand", (-2, -1), False),
    ],
)
def test_sides_that_no_tensor_has(name: str, args: tuple[Dim | int, ...], accepted: bool) -> None:
    assert hold(name, (B, R), *args) == accepted


@pytest.mark.parametrize(
    ("shape", "args"),
    [
        ((B, Dim.of(6)), (4, 1, B, -1)),
        ((R * 2 + 1,), (2, -1)),
        ((R * R * 4 + 2,), (4, -1)),
        ((Dim.of(7),), (3, -1)),
    ],
)
def test_a_reshape_that_no_size_divides_is_refused(
    shape: tuple[Dim, ...], args: tuple[Dim | int, ...]
) -> None:
    assert not hold("reshape", shape, *args)


@pytest.mark.parametrize("place", [4, -5, R + 4])
def test_an_index_beyond_its_axis_is_refused(place: Dim | int) -> None:
    assert not hold("getitem", (Dim.of(4),), (place,))


def test_a_slice_of_a_size_that_may_be_too_small_says_so() -> None:
    index = (SliceArgument(None, None), SliceArgument(2, R))
    needs = OPERATIONS["getitem"].needed([TensorType((B, R)), index], {})
    assert {str(need) for need in needs} == {"R >= 2"}
    assert {need.told for need in needs} == {"the slice `2:R`", "a side of what `getitem` returns"}


@pytest.mark.parametrize(
    ("dim", "divisor", "never"),
    [
        (R * 2 + 1, 4094, True),  # odd, of whatever size
        (R * 6 + B * 4, 10, False),
        (R * 6 + B * 4 + 1, 10, True),
        (R + 1, 1_000_003, False),
        (R * R + 1, 7, True),  # no square leaves 6 of 7
        (R * R + 1, 5, False),
        (R * B + R * R * B * 3 + 2, 2**20, False),  # too many remainders to try
        (R // 2 * 2 + 1, 2, False),  # of quotients nothing is tried
    ],
)
def test_what_no_size_divides(dim: Dim, divisor: int, never: bool) -> None:
    assert Multiple(dim, Dim.of(divisor)).never() is never
