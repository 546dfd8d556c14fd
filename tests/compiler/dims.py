"""Hypothesis' dimensions, and the sizes that they are held against."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.symbols import Symbol

NAMES = ("B", "L", "R")
OWNED = Symbol("T", ("encoder",))
SYMBOLS = (*map(Symbol, NAMES), OWNED)

symbols = st.sampled_from(SYMBOLS).map(Dim.symbol)
numbers = st.integers(-6, 6).map(Dim.of)
positive = st.integers(1, 5)
sizes = st.fixed_dictionaries({str(symbol): positive for symbol in SYMBOLS})


def _grown(parts: st.SearchStrategy[Dim]) -> st.SearchStrategy[Dim]:
    pairs = st.tuples(parts, parts)
    return st.one_of(
        pairs.map(lambda pair: pair[0] + pair[1]),
        pairs.map(lambda pair: pair[0] - pair[1]),
        pairs.map(lambda pair: pair[0] * pair[1]),
        st.tuples(parts, positive).map(lambda pair: pair[0] // pair[1]),
    )


def _polynomial(parts: st.SearchStrategy[Dim]) -> st.SearchStrategy[Dim]:
    pairs = st.tuples(parts, parts)
    return st.one_of(
        pairs.map(lambda pair: pair[0] + pair[1]),
        pairs.map(lambda pair: pair[0] * pair[1]),
    )


dims = st.recursive(st.one_of(symbols, numbers), _grown, max_leaves=5)
polynomials = st.recursive(st.one_of(symbols, numbers), _polynomial, max_leaves=5)
"""Without floor divisions: these are equal wherever their values are."""


def at(dim: Dim, values: Mapping[str, int]) -> int:
    """The number that a dimension is, computed from its terms alone and by none of its own arithmetic."""
    total = 0
    for monomial, factor in dim.terms:
        product = factor
        for atom, power in monomial:
            if isinstance(atom, Symbol):
                value = values[str(atom)]
            else:
                value = at(atom.numerator, values) // at(atom.divisor, values)
            product *= value**power
        total += product
    return total
