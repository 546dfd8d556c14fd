"""The raw batch, as a loss or a derived input reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import TensorType


@dataclass
class Reads:
    """What was read of a batch: keys that may be absent, and the ranks that keys must have."""

    optional: set[str] = field(default_factory=set)
    ranks: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Batch:
    """What a stage may read from the raw batch.

    `types` holds what the data source yields; None where that is not known, and any key may be read.
    `absent` are the optional keys that this variant of the stage is built without.
    """

    types: Mapping[str, TensorType] | None = None
    source: str | None = None
    absent: frozenset[str] = frozenset()
    declared: Mapping[str, TensorType] = field(default_factory=dict)  # the model's inputs, which it holds too
    sizes: Mapping[Symbol, Dim] = field(default_factory=dict)  # of the model, that the data settle
    reads: Reads = field(default_factory=Reads)
