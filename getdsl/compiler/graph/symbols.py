"""Symbols: the sizes that stay free until a batch is there."""

from __future__ import annotations

from typing import NamedTuple


class Symbol(NamedTuple):
    """A free size, by its name and by whose it is: the path of nodes to the block that returned it anew.

    The symbols of a graph's own inputs have no owner. A symbol is formatted only when it is shown.
    A tuple, because symbols are hashed and compared more often than anything else.
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

    def __repr__(self) -> str:
        return str(self)
