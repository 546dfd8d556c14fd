"""Types of values: tensors with symbolic shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.symbols import Symbol

MAX_RANK = 64  # axes, of which most of PyTorch's operations take no more
DType = Literal["float", "int", "bool"]
Domain = Literal["onehot", "lengths", "mask"]


@dataclass(frozen=True)
class TensorType:
    """An element type and a shape; `dims` is None where not even the rank is known (raw batch values).

    `domain` says more of what is inside: `onehot` rows, or ragged `lengths` whose sum along the
    last axis stays within `of`, each a multiple of `step`.
    """

    dims: tuple[Dim, ...] | None
    dtype: DType = "float"
    domain: Domain | None = None
    of: Dim | None = None
    step: int = 1

    @property
    def shape(self) -> tuple[Dim, ...]:
        assert self.dims is not None
        return self.dims

    def substitute(self, bindings: Mapping[Symbol, Dim]) -> TensorType:
        if self.dims is None:
            return self
        dims = tuple(dim.substitute(bindings) for dim in self.dims)
        of = self.of.substitute(bindings) if self.of is not None else None
        return TensorType(dims, self.dtype, self.domain, of, self.step)

    def plain(self) -> TensorType:
        """This type without its domain, which an operation's result does not inherit."""
        return TensorType(self.dims, self.dtype)

    @property
    def symbols(self) -> frozenset[Symbol]:
        return frozenset().union(*(dim.symbols for dim in self.dims or ()))

    def __str__(self) -> str:
        prefix = self.domain or ("" if self.dtype == "float" else self.dtype)
        if self.dims is None:
            return f"{prefix}[?]"
        return f"{prefix}[{', '.join(map(str, self.dims))}]"


UNKNOWN = TensorType(None)
