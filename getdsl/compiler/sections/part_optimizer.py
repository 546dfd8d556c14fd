"""An optimizer of some weights alone: `optimizer critic = … on [critic] minimises critic every 5`."""

from typing import Annotated, NamedTuple

from getdsl.compiler.sections.declare import Bound, Doc, Table, values
from getdsl.compiler.sections.optimizer import Optimizer


class Clauses(Table):
    """The words behind the optimizer of a part."""

    on: Annotated[tuple[str, ...], Doc("the weights that it alone trains"), Bound(items=1, format="weights")]
    minimises: Annotated[tuple[str, ...], Doc("the terms that it alone minimises"), Bound(items=1)]
    every: Annotated[int, Doc("it makes a step on one of so many batches"), Bound(least=1)] = 1


class PartOptimizer(NamedTuple):
    """An optimizer with the weights that it trains and the terms that it minimises, by their names.

    The main one has no name, and none of `on`: it has all weights that no other names.
    """

    name: str
    settings: Optimizer
    on: tuple[str, ...]
    minimises: tuple[str, ...]
    every: int = 1

    def said(self) -> dict[str, object]:
        """All that is set of it, defaults among it, as plain values."""
        clauses = {"on": [*self.on], "minimises": [*self.minimises], "every": self.every}
        return {"name": type(self.settings).word, **values(self.settings), **clauses}

    @property
    def title(self) -> str:
        """As a plan shows it."""
        word = type(self.settings).word
        return f"{self.name}, {word}" if self.name else word
