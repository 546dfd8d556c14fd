"""Symbols: the sizes that stay free until a batch is there."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Symbol:
    """A free size, by its name and by whose it is: the path of nodes to the block that returned it anew.

    The symbols of a graph's own inputs have no owner. A symbol is formatted only when it is shown.
    """

    name: str
    owner: tuple[str, ...] = ()

    @staticmethod
    def read(text: str) -> Symbol:
        """The symbol that is shown so."""
        *owner, name = text.split(".")
        return Symbol(name, tuple(owner))

    def within(self, *owner: str) -> Symbol:
        """This symbol as it is called outside of its owner."""
        return Symbol(self.name, (*owner, *self.owner))

    def __str__(self) -> str:
        return ".".join((*self.owner, self.name))

    __repr__ = __str__
