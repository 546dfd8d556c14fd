"""What is known of sizes before a batch is there: bounds of symbols, and what steps need of them.

A need is said by the step that has it, and decided where bounds are known: it always holds, it never does,
or it depends, and is then held against a batch's sizes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from math import gcd, prod
from typing import NamedTuple, TypeAlias

from getdsl.compiler.graph.dimensions import Atom, Dim, FloorDivision, Monomial
from getdsl.compiler.graph.symbols import Symbol
from getdsl.text.source import Span

Bounds: TypeAlias = Mapping[Symbol, int]  # the least size of a symbol, 1 of those that are not in it
NOTHING_KNOWN: Bounds = {}
LEAST_SIZE = 1  # an empty batch is refused at the door
RESIDUES = 1024  # how many remainders of symbols are tried


def least(dim: Dim, bounds: Bounds = NOTHING_KNOWN) -> int | None:
    """A number that a size is never below; None where none is found.

    Each symbol is written as its least size and a rest. Where no term of the rests is negative, all rests
    are 0 in the smallest case.
    """
    return _least(dim, bounds) if bounds else _least_of_any(dim)


@lru_cache(maxsize=2**14)
def _least_of_any(dim: Dim) -> int | None:
    return _least(dim, NOTHING_KNOWN)


def _least(dim: Dim, bounds: Bounds) -> int | None:
    if dim.value is not None:
        return dim.value
    if all(_grows(monomial, factor) for monomial, factor in dim.terms):
        return sum(_at_the_least(monomial, factor, bounds) for monomial, factor in dim.terms)
    if all(_is_plain(monomial) for monomial, _ in dim.terms):
        return None  # nothing outweighs the symbol that is taken away
    shifted = _above(dim, bounds)
    if not any(factor < 0 for monomial, factor in shifted.terms if monomial):
        return dict(shifted.terms).get((), 0)
    found = _below(dim)
    if found is None:
        return None
    below, divisor = found
    lowest = least(below, bounds)
    return None if lowest is None else -(-lowest // divisor)


def _is_plain(monomial: Monomial) -> bool:
    """Whether this is one symbol, or no more than a number."""
    return not monomial or (len(monomial) == 1 and monomial[0][1] == 1 and isinstance(monomial[0][0], Symbol))


def _at_the_least(monomial: Monomial, factor: int, bounds: Bounds) -> int:
    """A term of symbols that all are as small as they may be."""
    value = factor
    for atom, power in monomial:
        assert isinstance(atom, Symbol)
        for _ in range(power):
            value *= bounds.get(atom, LEAST_SIZE)
    return value


def _grows(monomial: Monomial, factor: int) -> bool:
    """Whether a term is least where all of its symbols are."""
    return not monomial or (factor > 0 and all(isinstance(atom, Symbol) for atom, _ in monomial))


def _below(dim: Dim) -> tuple[Dim, int] | None:
    """(below, divisor): `divisor * dim >= below`, with a quotient by a number less; None where none is in it.

    `n // d` lies between `(n - d + 1) / d` and `n / d`.
    """
    for monomial, factor in dim.terms:
        match monomial:
            case ((FloorDivision(numerator=numerator, divisor=Dim(value=int(divisor))), 1),) if divisor > 0:
                rest = (dim - Dim._of_atom(monomial[0][0]) * factor) * divisor
                return rest + (numerator - (divisor - 1 if factor > 0 else 0)) * factor, divisor
    return None


def most(dim: Dim, bounds: Bounds = NOTHING_KNOWN) -> int | None:
    """A number that a size is never above; None where none is found."""
    return _most(dim, bounds) if bounds else _most_of_any(dim)


@lru_cache(maxsize=2**14)
def _most_of_any(dim: Dim) -> int | None:
    return _most(dim, NOTHING_KNOWN)


def _most(dim: Dim, bounds: Bounds) -> int | None:
    negative = _least(-dim, bounds)
    return None if negative is None else -negative


def _above(dim: Dim, bounds: Bounds) -> Dim:
    """The size over symbols that are 0 at least; a quotient becomes such a symbol, and a number."""
    total = Dim.of(0)
    for monomial, factor in dim.terms:
        term = Dim.of(factor)
        for atom, power in monomial:
            base = _risen(atom, bounds)
            for _ in range(power):
                term = term * base
        total = total + term
    return total


def _risen(atom: Atom, bounds: Bounds) -> Dim:
    if isinstance(atom, Symbol):
        return Dim.symbol(atom) + bounds.get(atom, LEAST_SIZE)
    lowest = _least_quotient(atom, bounds)
    if lowest is None:  # unbounded below: the difference of two that are not negative
        return Dim.symbol(Symbol(str(atom), ("+",))) - Dim.symbol(Symbol(str(atom), ("-",)))
    return Dim.symbol(Symbol(str(atom), ("+",))) + lowest


def _least_quotient(quotient: FloorDivision, bounds: Bounds) -> int | None:
    lowest, divisor = least(quotient.numerator, bounds), least(quotient.divisor, bounds)
    if lowest is None or divisor is None or divisor < 1:
        return None
    if quotient.divisor.value is not None:
        return lowest // divisor
    return 0 if lowest >= 0 else lowest // divisor


class _Line(NamedTuple):
    """A size that is `slope * symbol + start`."""

    symbol: Symbol
    slope: int
    start: int


def _line(size: Dim) -> _Line | None:
    """The size as one that grows evenly with its one symbol; None where it is none such."""
    terms = dict(size.terms)
    start = terms.pop((), 0)
    match [*terms.items()]:
        case [(((Symbol() as symbol, 1),), slope)]:
            return _Line(symbol, slope, start)
    return None


@dataclass(frozen=True)
class AtLeast:
    """A size that must be at least a number; `told` says what needs it, `meaning` what size it is."""

    size: Dim
    number: int
    told: str = ""
    meaning: str = "the size"

    def holds(self, sizes: Mapping[str, int]) -> bool:
        return self.size.evaluate(sizes) >= self.number

    def always(self, bounds: Bounds = NOTHING_KNOWN) -> bool:
        lowest = least(self.size, bounds)
        return lowest is not None and lowest >= self.number

    def never(self, bounds: Bounds = NOTHING_KNOWN) -> bool:
        highest = most(self.size, bounds)
        return highest is not None and highest < self.number

    @property
    def symbols(self) -> frozenset[Symbol]:
        return self.size.symbols

    def substitute(self, bindings: Mapping[Symbol, Dim]) -> AtLeast:
        return replace(self, size=self.size.substitute(bindings))

    def bound(self) -> tuple[Symbol, int] | None:
        """The one symbol that this bounds from below, and its least size: `R - 2 >= 0` bounds R by 2."""
        line = _line(self.size)
        if line is None or line.slope <= 0:
            return None
        return line.symbol, -((line.start - self.number) // line.slope)

    def highest(self) -> tuple[Symbol, int] | None:
        """The one symbol that this bounds from above, and its largest size: `5 - R >= 0` bounds R by 5."""
        line = _line(self.size)
        if line is None or line.slope >= 0:
            return None
        return line.symbol, (line.start - self.number) // -line.slope

    def __str__(self) -> str:
        if self.size.value is not None:
            return f"{self.meaning} to be {self.number} or more, and it is {self.size}"
        bound = self.bound()
        if bound is not None:
            return f"{bound[0]} >= {bound[1]}"
        highest = self.highest()
        if highest is not None:
            return f"{highest[0]} <= {highest[1]}"
        constant = dict(self.size.terms).get((), 0)
        return f"{self.size - constant} >= {self.number - constant}"


@dataclass(frozen=True)
class Multiple:
    """A size that another must divide; `told` says what needs it."""

    size: Dim
    of: Dim
    told: str = ""

    def holds(self, sizes: Mapping[str, int]) -> bool:
        divisor = self.of.evaluate(sizes)
        return divisor > 0 and self.size.evaluate(sizes) % divisor == 0

    def always(self, bounds: Bounds = NOTHING_KNOWN) -> bool:
        return (self.size % self.of) == 0

    def never(self, bounds: Bounds = NOTHING_KNOWN) -> bool:
        """Whether it is too small, or no remainders of the symbols make it hold, where these are few."""
        highest = most(self.size - self.of, bounds)
        if highest is not None and highest < 0 and (least(self.size, bounds) or 0) > 0:
            return True
        divisor = self.of.value
        return divisor is not None and divisor > 0 and _leaves_a_rest(self.size, divisor)

    @property
    def symbols(self) -> frozenset[Symbol]:
        return self.size.symbols | self.of.symbols

    def substitute(self, bindings: Mapping[Symbol, Dim]) -> Multiple:
        return Multiple(self.size.substitute(bindings), self.of.substitute(bindings), self.told)

    def bound(self) -> None:
        return None

    highest = bound

    def __str__(self) -> str:
        return f"{self.size} to be a multiple of {self.of}"


Need: TypeAlias = AtLeast | Multiple


class Needed(NamedTuple):
    """A need of a graph's sizes, and where it stands."""

    need: Need
    span: Span | None

    def __str__(self) -> str:
        place = f" ({self.span.file.name}:{self.span.line})" if self.span is not None else ""
        return f"{self.need.told} needs {self.need}{place}"


def least_sizes(needs: Iterable[Needed]) -> dict[Symbol, int]:
    """The least sizes of symbols that needs bound one by one."""
    found: dict[Symbol, int] = {}
    for item in needs:
        bound = item.need.bound()
        if bound is not None:
            found[bound[0]] = max(bound[1], found.get(bound[0], LEAST_SIZE))
    return found


def largest_sizes(needs: Iterable[Needed]) -> dict[Symbol, int]:
    """The largest sizes of symbols that needs bound one by one."""
    found: dict[Symbol, int] = {}
    for item in needs:
        bound = item.need.highest()
        if bound is not None:
            found[bound[0]] = min(bound[1], found.get(bound[0], bound[1]))
    return found


@lru_cache(maxsize=2**12)
def _leaves_a_rest(dim: Dim, divisor: int) -> bool:
    """Whether a size is no multiple of a number, whatever its symbols are; False where that is open."""
    if any(isinstance(atom, FloorDivision) for monomial, _ in dim.terms for atom, _ in monomial):
        return False
    constant = dict(dim.terms).get((), 0)
    if all(sum(power for _, power in monomial) <= 1 for monomial, _ in dim.terms):
        return constant % gcd(divisor, *(factor for monomial, factor in dim.terms if monomial)) != 0
    symbols = sorted(dim.symbols)
    if divisor ** len(symbols) > RESIDUES:
        return False
    places = {symbol: place for place, symbol in enumerate(symbols)}
    terms = [
        (factor, [(places[atom], power) for atom, power in monomial if isinstance(atom, Symbol)])
        for monomial, factor in dim.terms
    ]
    return all(
        sum(factor * prod(sizes[place] ** power for place, power in powers) for factor, powers in terms)
        % divisor
        for sizes in product(range(divisor), repeat=len(symbols))
    )
