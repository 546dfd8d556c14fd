"""What names mean, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from getdsl.grammar import syntax
from getdsl.text.source import Span

Kind = Literal[
    "definition",  # a model, a block or a source
    "param",
    "input",
    "name",  # what a binding binds, a node mostly
    "output",
    "variable",  # of a loop
    "size",  # an upper-case symbol
    "key",  # of the batch
    "term",  # of the loss, and what is measured of it
    "operation",
    "function",  # of constants
]


@dataclass(frozen=True)
class Entity:
    """What a name means. Its owner is the definition or the loop that it belongs to; None is the language."""

    kind: Kind
    owner: syntax.Node | None
    name: str


class Occurrence(NamedTuple):
    """A place where an entity is named; `defines` where its name is given to it there."""

    span: Span
    entity: Entity
    defines: bool
    node: syntax.Node
