"""The sizes of a batch, as numbers."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.operands import SliceArgument
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.work import Value


class Sizes:
    """What each symbol is; those that a block returns anew are learnt from what it returns."""

    def __init__(
        self,
        known: Mapping[Symbol, Dim] | None = None,
        shapes: Mapping[Value, tuple[int, ...]] | None = None,
    ) -> None:
        self._known = dict(known or {})
        self._shapes = dict(shapes or {})
        self._numbers: dict[Dim, int] = {}

    def learn(self, value: Value, tensor: Tensor) -> None:
        self._shapes[value] = tuple(tensor.shape)
        for dim, size in zip(value.dims or (), tensor.shape, strict=False):
            left = dim.substitute(self._known)
            if len(left.symbols) == 1:
                [symbol] = left.symbols
                solved = left.solve(symbol, Dim.of(size))
                if solved is not None:
                    self._known[symbol] = solved

    def of_samples(self, batch: Dim, number: int) -> Sizes:
        """The same with another number of samples."""
        known = {**self._known, **{symbol: Dim.of(number) for symbol in batch.symbols}}
        return Sizes(known, self._shapes)

    def length(self, value: Value, axis: int) -> int:
        """Of an axis of a value, other than that of the samples."""
        return self._shapes[value][axis]

    def number(self, dim: Dim | int) -> int:
        if isinstance(dim, int):
            return dim
        if dim not in self._numbers:
            value = dim.substitute(self._known).value
            assert value is not None, f"{dim} is not known"
            self._numbers[dim] = value
        return self._numbers[dim]

    def slice(self, part: SliceArgument) -> slice:
        start, stop = (None if bound is None else self.number(bound) for bound in (part.start, part.stop))
        return slice(start, stop)
