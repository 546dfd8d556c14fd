"""Symbolic dimensions: integer polynomials over symbols and floor divisions, in normal form.

Two dimensions are equal exactly when their normal forms are, so `2 * (R + 1) - 2` is `2 * R`.
A constant may remember the param that it came from, for diagnostics.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import gcd

from getdsl.compiler.graph.symbols import Symbol
from getdsl.text.source import Span


class ParamInt(int):
    """An integer that remembers the param that gave it."""

    name: str
    span: Span | None

    def __new__(cls, value: int, name: str, span: Span | None) -> ParamInt:
        self = super().__new__(cls, value)
        self.name = name
        self.span = span
        return self

    def __reduce__(self) -> tuple[type[ParamInt], tuple[int, str, Span | None]]:
        return ParamInt, (int(self), self.name, self.span)


@dataclass(frozen=True)
class FloorDivision:
    """`numerator // divisor` where that is no polynomial."""

    numerator: Dim
    divisor: Dim

    def __str__(self) -> str:
        return f"{self.numerator.grouped()} // {self.divisor.grouped()}"


Atom = Symbol | FloorDivision
Monomial = tuple[tuple[Atom, int], ...]


@dataclass(frozen=True, eq=False, init=False)
class Dim:
    """A sum of integer multiples of products of atoms; `value` is the number, where no symbol is left."""

    terms: tuple[tuple[Monomial, int], ...]
    origin: ParamInt | None
    value: int | None

    def __init__(self, terms: tuple[tuple[Monomial, int], ...], origin: ParamInt | None = None) -> None:
        given = vars(self)  # since nothing is made more often
        given["terms"], given["origin"] = terms, origin
        if not terms:
            given["value"] = 0
        else:
            given["value"] = terms[0][1] if len(terms) == 1 and not terms[0][0] else None

    @staticmethod
    def of(value: Dim | int) -> Dim:
        if isinstance(value, Dim):
            return value
        origin = value if isinstance(value, ParamInt) else None
        return Dim((((), int(value)),) if value else (), origin)

    @staticmethod
    def symbol(name: Symbol | str) -> Dim:
        """A free size; a plain name is that of a symbol without an owner."""
        return Dim._of_atom(Symbol(name) if isinstance(name, str) else name)

    @staticmethod
    def _of_atom(atom: Atom) -> Dim:
        return Dim(((((atom, 1),), 1),))

    @staticmethod
    def _from(terms: Mapping[Monomial, int]) -> Dim:
        kept = [(monomial, factor) for monomial, factor in terms.items() if factor]
        if len(kept) > 1:
            kept.sort(key=lambda term: _order(term[0]))
        return Dim(tuple(kept))

    @cached_property
    def symbols(self) -> frozenset[Symbol]:
        found: set[Symbol] = set()
        for monomial, _ in self.terms:
            for atom, _ in monomial:
                found |= _symbols_of(atom)
        return frozenset(found)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int):
            return self.value == other
        return isinstance(other, Dim) and self.terms == other.terms

    def __hash__(self) -> int:
        return hash(self.terms)

    def __add__(self, other: Dim | int) -> Dim:
        return _sum(self, Dim.of(other), 1)

    def __mul__(self, other: Dim | int) -> Dim:
        other = Dim.of(other)
        if other.value is not None:
            return self._scaled(other.value)
        if self.value is not None:
            return other._scaled(self.value)
        terms: dict[Monomial, int] = {}
        for left, factor in self.terms:
            for right, other_factor in other.terms:
                product = _product(left, right)
                terms[product] = terms.get(product, 0) + factor * other_factor
        return Dim._from(terms)

    def _scaled(self, number: int) -> Dim:
        return Dim(tuple((monomial, factor * number) for monomial, factor in self.terms) if number else ())

    def __neg__(self) -> Dim:
        return self * -1

    def __sub__(self, other: Dim | int) -> Dim:
        return _sum(self, Dim.of(other), -1)

    def __floordiv__(self, other: Dim | int) -> Dim:
        divisor = Dim.of(other)
        exact = self._exact(divisor)
        if exact is not None:
            return exact
        simpler = self._reduced(divisor) or _joined(self, divisor)
        return simpler[0] // simpler[1] if simpler else Dim._of_atom(FloorDivision(self, divisor))

    def cancelled(self, divisor: Dim) -> tuple[Dim, Dim]:
        """This dimension and a divisor of it, without the factors and symbols that all their terms have."""
        factors = [factor for _, factor in (*self.terms, *divisor.terms)]
        common, shared = _common(self, divisor), max(gcd(*factors), 1)
        upper, lower = self._without(common), divisor._without(common)
        return upper // shared, lower // shared

    def _exact(self, divisor: Dim) -> Dim | None:
        """The quotient where nothing has to be rounded, or all is known."""
        if divisor.value:
            if self.value is not None:
                return Dim.of(self.value // divisor.value)
            if all(factor % divisor.value == 0 for _, factor in self.terms):
                return Dim._from({monomial: factor // divisor.value for monomial, factor in self.terms})
        return Dim.of(1) if self == divisor else None

    def _reduced(self, divisor: Dim) -> tuple[Dim, Dim] | None:
        """Numerator and divisor over a number, or else symbols, that both have in all their terms."""
        if (shared := gcd(divisor.value or 1, *(factor for _, factor in self.terms))) > 1:
            return self // shared, divisor // shared
        common = _common(self, divisor)
        return (self._without(common), divisor._without(common)) if common else None

    def _without(self, atoms: Monomial) -> Dim:
        """This dimension over atoms that each of its terms has."""
        terms = {}
        for monomial, factor in self.terms:
            powers = dict(monomial)
            for atom, power in atoms:
                powers[atom] -= power
            terms[tuple((atom, power) for atom, power in powers.items() if power)] = factor
        return Dim._from(terms)

    def _atom(self) -> Atom | None:
        """The symbol or floor division that this dimension is, where it is one and nothing else."""
        if len(self.terms) == 1:
            monomial, factor = self.terms[0]
            if factor == 1 and len(monomial) == 1 and monomial[0][1] == 1:
                return monomial[0][0]
        return None

    @cached_property
    def depth(self) -> int:
        """How deep floor divisions stand in each other."""
        inner = [
            atom for monomial, _ in self.terms for atom, _ in monomial if isinstance(atom, FloorDivision)
        ]
        return max((1 + max(atom.numerator.depth, atom.divisor.depth) for atom in inner), default=0)

    def __mod__(self, other: Dim | int) -> Dim:
        return self - (self // other) * other

    def substitute(self, bindings: Mapping[Symbol, Dim]) -> Dim:
        """This dimension with symbols replaced."""
        if self.symbols.isdisjoint(bindings):
            return self
        if (bare := self._atom()) is not None and isinstance(bare, Symbol):
            return bindings[bare]
        total = Dim.of(0)
        for monomial, factor in self.terms:
            term = Dim.of(factor)
            for atom, power in monomial:
                base = _substitute_atom(atom, bindings)
                for _ in range(power):
                    term = term * base
            total = total + term
        return total

    def split(self, symbol: Symbol) -> tuple[int, Dim]:
        """(slope, rest): this dimension is `slope * symbol + rest`, whose rest may hold it otherwise."""
        slope = dict(self.terms).get(((symbol, 1),), 0)
        return slope, self - Dim.symbol(symbol) * slope

    def solve(self, symbol: Symbol, value: Dim) -> Dim | None:
        """What `symbol` must be for this dimension to equal `value`; None where that is not linear."""
        if self._atom() == symbol:
            return Dim(value.terms)
        slope, rest = self.split(symbol)
        if not slope or symbol in rest.symbols:
            return None
        difference = value - rest
        if any(factor % slope for _, factor in difference.terms):
            return None
        return Dim._from({monomial: factor // slope for monomial, factor in difference.terms})

    def evaluate(self, sizes: Mapping[str, int]) -> int:
        """The number that this dimension is for given sizes of its symbols."""
        known = {Symbol.read(name): Dim.of(size) for name, size in sizes.items()}
        value = self.substitute(known).value
        if value is None:
            missing = ", ".join(map(str, sorted(self.symbols - known.keys())))
            raise KeyError(f"no size is given for {missing}")
        return value

    def grouped(self) -> str:
        text = str(self)
        return f"({text})" if len(self.terms) > 1 or " " in text else text

    def __str__(self) -> str:
        text = ""
        for monomial, factor in self.terms:
            if text:
                text += f" {'-' if factor < 0 else '+'} {_monomial_text(monomial, abs(factor))}"
            else:
                text = _monomial_text(monomial, factor)
        return text or "0"

    __repr__ = __str__


def _sum(dim: Dim, other: Dim, times: int) -> Dim:
    """A dimension and so many times another."""
    terms = dict(dim.terms)
    for monomial, factor in other.terms:
        terms[monomial] = terms.get(monomial, 0) + factor * times
    return Dim._from(terms)


def _joined(numerator: Dim, divisor: Dim) -> tuple[Dim, Dim] | None:
    """Of a division by a number that is divided by another: what is divided, and by what in all."""
    inner = numerator._atom()
    if isinstance(inner, FloorDivision) and _is_positive(divisor) and _is_positive(inner.divisor):
        return inner.numerator, inner.divisor * divisor
    return None


def _is_positive(dim: Dim) -> bool:
    return dim.value is not None and dim.value > 0


def _symbols_of(atom: Atom) -> frozenset[Symbol]:
    return frozenset((atom,)) if isinstance(atom, Symbol) else atom.numerator.symbols | atom.divisor.symbols


@lru_cache(maxsize=2**14)  # few monomials, which are compared again and again, as their text
def _order(monomial: Monomial) -> tuple[bool, int, str]:
    return (
        not monomial,
        -sum(power for _, power in monomial),
        str([(str(atom), power) for atom, power in monomial]),
    )


@lru_cache(maxsize=2**14)
def _product(left: Monomial, right: Monomial) -> Monomial:
    powers: dict[Atom, int] = dict(left)
    for atom, power in right:
        powers[atom] = powers.get(atom, 0) + power
    return tuple(sorted(powers.items(), key=lambda item: str(item[0])))


def _common(left: Dim, right: Dim) -> Monomial:
    """The symbols that every term of both has: sizes are positive, so a quotient does without them."""
    shared: dict[Atom, int] | None = None
    for monomial, _ in (*left.terms, *right.terms):
        powers: dict[Atom, int] = {atom: power for atom, power in monomial if isinstance(atom, Symbol)}
        if shared is None:
            shared = powers
        else:
            shared = {atom: min(power, powers[atom]) for atom, power in shared.items() if atom in powers}
    return tuple(shared.items()) if shared else ()


def _substitute_atom(atom: Atom, bindings: Mapping[Symbol, Dim]) -> Dim:
    if isinstance(atom, Symbol):
        return bindings.get(atom, Dim.symbol(atom))
    return atom.numerator.substitute(bindings) // atom.divisor.substitute(bindings)


def _monomial_text(monomial: Monomial, factor: int) -> str:
    """A term, of which a floor division stands without parentheses only where it is all of it."""
    if factor == 1 and len(monomial) == 1 and monomial[0][1] == 1:
        return str(monomial[0][0])
    parts = [str(abs(factor))] if abs(factor) != 1 or not monomial else []
    for atom, power in monomial:
        parts.extend([str(atom) if isinstance(atom, Symbol) else f"({atom})"] * power)
    return f"{'-' if factor < 0 else ''}{' * '.join(parts)}"


def total(dims: Iterable[Dim]) -> Dim:
    """The product of dimensions: how many elements a shape has."""
    product = Dim.of(1)
    for dim in dims:
        product = product * dim
    return product
