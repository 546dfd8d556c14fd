"""FLOPs and bytes as text: with units where all sizes are known, else term by term."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from getdsl.compiler.graph.dimensions import Atom, Dim, Monomial
from getdsl.compiler.graph.symbols import Symbol

DECIMAL = ("", "k", "M", "G", "T", "P", "E")
BINARY = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")
POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def flops_text(flops: Dim) -> str:
    """`4.1 G`, or `170 M·B·R + 37 k·B·R²`; nothing for none."""
    return _text(flops, _decimal)


def bytes_text(size: Dim | int) -> str:
    """`32.1 MiB`, or `12.5 KiB·B·R`; nothing for none."""
    return _text(Dim.of(size), _binary)


def _text(amount: Dim, scaled: Callable[[int], str]) -> str:
    terms = sorted(amount.terms, key=lambda term: (-_degree(term[0]), -term[1]))
    return " + ".join("·".join((scaled(factor), *_factors(powers))) for powers, factor in terms).replace(
        "+ -", "- "
    )


def _degree(monomial: Monomial) -> int:
    return sum(power for _, power in monomial)


def _factors(monomial: Monomial) -> list[str]:
    powers = Counter({_name(atom): power for atom, power in monomial})
    return [name if power == 1 else name + str(power).translate(POWERS) for name, power in powers.items()]


def _name(atom: Atom) -> str:
    return str(atom) if isinstance(atom, Symbol) else f"({atom})"


def _decimal(number: int) -> str:
    value, place = _scaled(number, 1000, len(DECIMAL))
    return f"{value} {DECIMAL[place]}".rstrip()


def _binary(number: int) -> str:
    value, place = _scaled(number, 1024, len(BINARY))
    return f"{value} {BINARY[place]}"


def _scaled(number: int, step: int, places: int) -> tuple[str, int]:
    """Three digits, and how many times `step` was divided out."""
    value, place = float(number), 0
    while abs(value) >= step - 0.5 and place < places - 1:
        value, place = value / step, place + 1
    digits = 0 if place == 0 or abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2
    return f"{value:.{digits}f}", place
