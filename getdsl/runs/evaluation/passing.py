"""What is shown, batch by batch, what each term of the loss compares."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.lower.measures.value_pairs import Sides


class Passing:
    """Is shown the outputs and the batch of each step, and knows the samples by their order.

    Where processes share batches it is shown whole ones, of which it sees what the loss reads, and `keys`.
    """

    keys: frozenset[str] = frozenset()

    def __init__(self, compiled: Compiled) -> None:
        self.compiled = compiled
        self.done = 0

    def add(self, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor], size: int) -> None:
        values = self.compiled.compared(outputs, batch)
        part = slice(self.done, self.done + size)
        self.done += size
        for name in (key.removesuffix(".prediction") for key in values if key.endswith(".prediction")):
            sides = values[f"{name}.prediction"], values[f"{name}.target"], values.get(f"{name}.mask")
            self.take(name, part, Sides(*sides))
        self.take_batch(part, batch)

    def take(self, name: str, part: slice, compared: Sides) -> None:
        """What a term compares of some samples."""

    def take_batch(self, part: slice, batch: Mapping[str, Tensor]) -> None:
        """The batch of some samples."""
