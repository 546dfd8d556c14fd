"""What meets a declared type: the match is sound, finds what there is to find, and says the same twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from getdsl.compiler.elaborate.patterns import Pattern, Unifier, marked
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import UNKNOWN, DType, TensorType
from getdsl.text.source import SourceFile, Span
from tests.compiler.dims import polynomials

PLACE = Span(SourceFile("spec.get", "", None), 0, 0)
OWN = tuple(marked(Symbol(name)) for name in ("N", "M", "D"))

own = st.sampled_from(OWN)
constants = st.integers(0, 4).map(Dim.of)
linear = st.builds(
    lambda symbol, slope, rest: Dim.symbol(symbol) * slope + rest, own, st.integers(1, 3), constants
)
sides = st.one_of(constants, own.map(Dim.symbol), linear)
leads = st.lists(polynomials, max_size=2).map(tuple)
givens = st.fixed_dictionaries(dict.fromkeys(OWN, polynomials))


def pattern(dims: tuple[Dim, ...], *, lead: bool = False, of: Dim | None = None) -> Pattern:
    if of is not None:
        return Pattern(dims, lead, "int", "lengths", of, 1, False, PLACE)
    return Pattern(dims, lead, "float", None, None, 1, False, PLACE)


patterns = st.builds(
    lambda dims, lead: pattern(tuple(dims), lead=lead), st.lists(sides, max_size=4), st.booleans()
)
actuals = st.lists(st.one_of(polynomials, constants), max_size=4).map(lambda dims: TensorType(tuple(dims)))
instances = st.builds(
    lambda pattern, given, lead: (
        pattern,
        given,
        TensorType((lead if pattern.lead else ()) + tuple(side.substitute(given) for side in pattern.dims)),
    ),
    patterns,
    givens,
    leads,
)


@given(patterns, actuals)
def test_what_matches_is_the_pattern_with_its_symbols_bound(pattern: Pattern, actual: TensorType) -> None:
    unifier = Unifier()
    if unifier.match(pattern, actual) is None:
        found = tuple(side.substitute(unifier.bindings) for side in pattern.dims)
        assert (*(unifier.lead or ()), *found) == actual.dims
        assert unifier.bindings.keys() <= set(OWN)


@given(instances)
def test_an_instance_matches_and_is_solved(case: tuple[Pattern, dict[Symbol, Dim], TensorType]) -> None:
    pattern, given, actual = case
    unifier = Unifier()
    assert unifier.match(pattern, actual) is None
    assert all(unifier.bindings[symbol] == given[symbol] for side in pattern.dims for symbol in side.symbols)
    assert (*(unifier.lead or ()), *(side.substitute(given) for side in pattern.dims)) == actual.dims


@given(instances)
def test_a_second_match_changes_nothing(case: tuple[Pattern, dict[Symbol, Dim], TensorType]) -> None:
    pattern, _, actual = case
    unifier = Unifier()
    assert unifier.match(pattern, actual) is None
    before = dict(unifier.bindings), unifier.lead
    assert unifier.match(pattern, actual) is None
    assert (unifier.bindings, unifier.lead) == before


@given(instances, st.data())
def test_one_side_that_differs_is_found(
    case: tuple[Pattern, dict[Symbol, Dim], TensorType], data: st.DataObject
) -> None:
    """After all symbols are bound, no side may be another size."""
    pattern, _, actual = case
    assume(pattern.dims)
    unifier = Unifier()
    assert unifier.match(pattern, actual) is None
    place = data.draw(st.integers(1, len(pattern.dims)))
    dims = list(actual.shape)
    dims[-place] = dims[-place] + 1
    mismatch = unifier.match(pattern, TensorType(tuple(dims)))
    assert mismatch is not None
    assert mismatch.found == dims[-place]


@given(patterns, actuals)
def test_ranks_must_agree(pattern: Pattern, actual: TensorType) -> None:
    few, many = len(actual.shape) < len(pattern.dims), len(actual.shape) > len(pattern.dims)
    assume(few or (many and not pattern.lead))
    assert Unifier().match(pattern, actual) is not None


@pytest.mark.parametrize("wanted", ["float", "int", "bool"])
@pytest.mark.parametrize("given_type", ["float", "int", "bool"])
def test_the_element_type_is_part_of_the_type(wanted: DType, given_type: DType) -> None:
    found = Unifier().match(replace(pattern(()), dtype=wanted), TensorType((), given_type))
    assert (found is None) == (wanted == given_type)
    assert found is None or f"got {given_type} values" in found.text


@given(patterns)
def test_of_an_unknown_shape_nothing_is_bound(pattern: Pattern) -> None:
    unifier = Unifier()
    assert unifier.match(pattern, UNKNOWN) is None
    assert not unifier.bindings
    assert unifier.unknown == {symbol for side in pattern.dims for symbol in side.symbols}


@given(polynomials, polynomials, polynomials)
def test_leading_axes_are_the_same_for_all_inputs(first: Dim, other: Dim, last: Dim) -> None:
    assume(first != other)
    unifier = Unifier()
    wanted = pattern((Dim.symbol(OWN[0]),), lead=True)
    assert unifier.match(wanted, TensorType((first, last))) is None
    assert unifier.match(wanted, TensorType((first, last))) is None
    assert unifier.match(wanted, TensorType((other, last))) is not None


@given(polynomials, polynomials, polynomials)
def test_lengths_are_of_the_axis_that_they_measure(batch: Dim, whole: Dim, other: Dim) -> None:
    assume(whole != other)
    axis = Dim.symbol(OWN[1])
    unifier = Unifier()
    assert unifier.match(pattern((Dim.symbol(OWN[0]), axis)), TensorType((batch, whole))) is None
    wanted = pattern((Dim.symbol(OWN[0]),), of=axis)
    assert unifier.match(wanted, TensorType((batch,), "int", "lengths", whole)) is None
    assert unifier.match(wanted, TensorType((batch,), "int", "lengths", other)) is not None
