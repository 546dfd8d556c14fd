"""The laws of dimensions, for all that Hypothesis can think of, and the texts of some."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from getdsl.compiler.graph.dimensions import Dim, ParamInt, total
from getdsl.compiler.graph.symbols import Symbol
from tests.compiler.dims import OWNED, SYMBOLS, at, dims, numbers, polynomials, positive, sizes, symbols

Sizes = dict[str, int]


@given(dims, dims)
def test_addition_and_multiplication_commute(a: Dim, b: Dim) -> None:
    assert a + b == b + a
    assert a * b == b * a


@given(dims, dims, dims)
def test_they_associate_and_distribute(a: Dim, b: Dim, c: Dim) -> None:
    assert (a + b) + c == a + (b + c)
    assert (a * b) * c == a * (b * c)
    assert a * (b + c) == a * b + a * c


@given(dims)
def test_zero_one_and_negation(a: Dim) -> None:
    assert a + 0 == a == a * 1
    assert a * 0 == 0 == a - a
    assert a.__neg__().__neg__() == a
    assert a + a == a * 2


@given(dims, dims)
def test_equal_dimensions_have_one_form_hash_and_text(a: Dim, b: Dim) -> None:
    one, other = (a + b) * (a - b), a * a - b * b
    assert one == other
    assert one.terms == other.terms
    assert hash(one) == hash(other)
    assert str(one) == str(other)


@given(dims, dims, sizes)
def test_arithmetic_is_that_of_numbers(a: Dim, b: Dim, values: Sizes) -> None:
    assert at(a + b, values) == at(a, values) + at(b, values)
    assert at(a - b, values) == at(a, values) - at(b, values)
    assert at(a * b, values) == at(a, values) * at(b, values)


@given(dims, positive, sizes)
def test_division_by_a_number_is_that_of_numbers(a: Dim, divisor: int, values: Sizes) -> None:
    assert at(a // divisor, values) == at(a, values) // divisor
    assert at(a % divisor, values) == at(a, values) % divisor


@given(polynomials, polynomials, sizes)
def test_division_by_a_size_is_that_of_numbers(a: Dim, b: Dim, values: Sizes) -> None:
    assume(at(b, values) > 0)
    assert at(a // b, values) == at(a, values) // at(b, values)
    assert at(a % b, values) == at(a, values) % at(b, values)


@given(dims, dims)
def test_quotient_and_remainder_are_the_whole(a: Dim, b: Dim) -> None:
    assume(b != 0)
    assert (a // b) * b + a % b == a


@given(dims, positive, positive)
def test_a_product_divides_and_divisions_join(a: Dim, number: int, other: int) -> None:
    assert (a * number) // number == a
    assert (a * number) % number == 0
    assert (a // number) // other == a // (number * other)


@given(dims, positive, positive)
def test_a_quotient_is_reduced_by_numbers(a: Dim, number: int, other: int) -> None:
    assert (a * number) // (other * number) == a // other


@given(polynomials, polynomials, st.lists(symbols, min_size=1, max_size=3))
def test_a_quotient_is_reduced_by_symbols_which_are_positive(a: Dim, b: Dim, shared: list[Dim]) -> None:
    assume(b != 0)
    assert (a * total(shared)) // (b * total(shared)) == a // b


@given(dims, sizes)
def test_evaluation_agrees_with_the_terms(a: Dim, values: Sizes) -> None:
    assert a.evaluate(values) == at(a, values)


@given(dims, st.fixed_dictionaries({symbol: positive.map(Dim.of) for symbol in SYMBOLS[:2]}), sizes)
def test_substitution_agrees_with_evaluation(a: Dim, some: dict[Symbol, Dim], values: Sizes) -> None:
    known = {str(symbol): dim.value for symbol, dim in some.items()}
    part = a.substitute(some)
    assert not part.symbols & some.keys()
    assert at(part, values) == at(a, values | known)  # type: ignore[arg-type]


@given(polynomials, polynomials, sizes)
def test_a_symbol_is_replaced_by_what_it_is(a: Dim, b: Dim, values: Sizes) -> None:
    found = a.substitute({OWNED: b})
    assert at(found, values) == at(a, values | {str(OWNED): at(b, values)})


@given(dims)
def test_nothing_replaced_is_the_same(a: Dim) -> None:
    assert a.substitute({}) == a
    assert a.substitute({symbol: Dim.symbol(symbol) for symbol in a.symbols}) == a


@given(st.integers(-4, 4), dims, dims)
def test_solving_inverts_and_finds_what_there_is(slope: int, rest: Dim, wanted: Dim) -> None:
    assume(slope and OWNED not in rest.symbols)
    side = Dim.symbol(OWNED) * slope + rest
    assert side.solve(OWNED, wanted * slope + rest) == wanted
    solved = side.solve(OWNED, wanted)
    if solved is not None:
        assert side.substitute({OWNED: solved}) == wanted


@given(dims, st.sampled_from(SYMBOLS))
def test_a_dimension_is_split_at_a_symbol(a: Dim, symbol: Symbol) -> None:
    slope, rest = a.split(symbol)
    assert Dim.symbol(symbol) * slope + rest == a
    assert (((symbol, 1),)) not in dict(rest.terms)


@pytest.mark.parametrize("side", [Dim.symbol("B") * Dim.symbol("B"), Dim.symbol("B") // 2, Dim.of(3)])
def test_what_is_not_linear_has_no_solution(side: Dim) -> None:
    assert side.solve(Symbol("B"), Dim.of(4)) is None
    assert (side + Dim.symbol("B")).solve(Symbol("B"), Dim.of(4)) == (None if side != 3 else 1)


@given(dims)
def test_a_text_reads_back(a: Dim) -> None:
    names = {"encoder": type("encoder", (), {"T": Dim.symbol(OWNED)})}
    names |= {symbol.name: Dim.symbol(symbol) for symbol in SYMBOLS[:3]}  # type: ignore[misc]
    text = re.sub(r"\b\d+\b", r"Dim.of(\g<0>)", str(a))
    assert eval(text, {"Dim": Dim, **names}) == a


@given(dims, sizes)
def test_a_number_is_known_where_no_symbol_is_left(a: Dim, values: Sizes) -> None:
    assert (a.value is not None) == (not a.symbols)
    if a.value is not None:
        assert a.value == at(a, values)


@given(st.lists(dims, max_size=4), sizes)
def test_how_many_elements_a_shape_has(shape: list[Dim], values: Sizes) -> None:
    expected = 1
    for side in shape:
        expected *= at(side, values)
    assert at(total(shape), values) == expected


@given(numbers, symbols)
def test_a_number_is_a_dimension(number: Dim, symbol: Dim) -> None:
    assert number.value is not None
    assert symbol + number.value == symbol + number
    assert symbol * number.value == symbol * number


def test_a_constant_remembers_its_param_until_it_is_computed_with() -> None:
    width = Dim.of(ParamInt(8, "width", None))
    assert width.origin is not None
    assert width.origin.name == "width"
    assert (width + 0).origin is None
    assert width == 8 == Dim.of(8)


def test_a_missing_size_is_named() -> None:
    with pytest.raises(KeyError, match=r"no size is given for encoder\.T"):
        (Dim.symbol(OWNED) + Dim.symbol("B")).evaluate({"B": 2})
