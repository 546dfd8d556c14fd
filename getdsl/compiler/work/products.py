"""Sums of products of sizes, which are multiplied out only where they are read: a model has thousands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.symbols import Symbol


@dataclass(frozen=True, slots=True)
class Product:
    """A number times sizes."""

    factor: int
    sizes: tuple[Dim, ...] = ()

    def __mul__(self, factor: int) -> Product:
        return Product(self.factor * factor, self.sizes)

    __rmul__ = __mul__


def product(*sizes: Dim | int) -> Product:
    factor = 1
    open_: list[Dim] = []
    for size in sizes:
        number = size if isinstance(size, int) else size.value
        if number is None:
            assert isinstance(size, Dim)
            open_.append(size)
        else:
            factor *= number
    return Product(factor, tuple(sorted(open_, key=hash)))


class Sum:
    """A running total of products."""

    def __init__(self, products: Iterable[Product] = ()) -> None:
        self.terms: dict[tuple[Dim, ...], int] = {}
        for item in products:
            self.add(item)

    def add(self, item: Product) -> None:
        self.terms[item.sizes] = self.terms.get(item.sizes, 0) + item.factor

    def polynomial(self, known: Mapping[Symbol, Dim] | None = None) -> Dim:
        """The sum multiplied out, with symbols replaced that are known."""
        total = Dim.of(0)
        number = 0
        for sizes, factor in self.terms.items():
            item = product(factor, *(size.substitute(known or {}) for size in sizes))
            if not item.sizes:
                number += item.factor
                continue
            term = Dim.of(item.factor)
            for size in item.sizes:
                term = term * size
            total = total + term
        return total + number
