"""The raw batch, as a loss or a derived input reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeGuard

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.operands import Ref
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import TensorType
from getdsl.grammar import syntax
from getdsl.grammar.chains import alternatives
from getdsl.grammar.node import children


@dataclass
class Reads:
    """What was read of a batch: keys that may be absent, the ranks that keys must have, and what calls take.

    `taken` has tensors of unknown shape with the types that blocks take them as.
    """

    optional: set[str] = field(default_factory=set)
    ranks: dict[str, int] = field(default_factory=dict)
    taken: dict[Ref, TensorType] = field(default_factory=dict)


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


def is_batch_key(node: syntax.Node) -> TypeGuard[syntax.Attribute]:
    """Whether it is `batch.k`."""
    return (
        isinstance(node, syntax.Attribute)
        and isinstance(node.value, syntax.Name)
        and node.value.id == "batch"
    )


def batch_keys(expr: syntax.Node) -> frozenset[str]:
    """The keys `batch.k` in an expression."""
    return frozenset(node.name for node in syntax.walk(expr) if is_batch_key(node))


def ways_to_lack(expr: syntax.Node) -> Iterator[frozenset[str]]:
    """The sets of keys without which an expression has no value, each as small as can be."""
    for part in needed(expr):
        if isinstance(part, syntax.Attribute):
            yield frozenset((part.name,))
            continue
        ways = [frozenset[str]()]
        for alternative in alternatives(part):
            ways = [one | other for one in ways for other in ways_to_lack(alternative)]
        yield from ways


def lacks(expr: syntax.Node, absent: frozenset[str]) -> bool:
    """Whether an expression has no value in a batch without these keys."""
    return any(
        part.name in absent
        if isinstance(part, syntax.Attribute)
        else all(lacks(alternative, absent) for alternative in alternatives(part))
        for part in needed(expr)
    )


def needed(expr: syntax.Node) -> Iterator[syntax.Attribute | syntax.Coalesce]:
    """The keys `batch.k` and the choices `a ?? b` that an expression has no value without, outermost."""
    waiting = [expr]
    while waiting:
        part = waiting.pop()
        if isinstance(part, syntax.Coalesce) or is_batch_key(part):
            yield part
        else:
            waiting.extend(reversed([*children(part)]))
