"""The syntax tree: frozen dataclasses, each with the span that it was written at.

Expressions, then types, then the statements of model and block bodies, then sections,
then whole files. Nothing here is resolved: a name is only a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from getdsl.text.source import SourceFile, Span


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    span: Span


# ---- expressions


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    id: str


@dataclass(frozen=True, slots=True, eq=False)
class Number(Node):
    value: int | float


@dataclass(frozen=True, slots=True, eq=False)
class String(Node):
    value: str


@dataclass(frozen=True, slots=True, eq=False)
class Ellipsis(Node):
    """`...` in a shape or an index: any number of axes."""


@dataclass(frozen=True, slots=True, eq=False)
class List(Node):
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Pair(Node):
    key: str
    key_span: Span
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Dict(Node):
    pairs: tuple[Pair, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Unary(Node):
    operator: str
    operand: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Node):
    operator: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Range(Node):
    """`start..stop`, which excludes its end."""

    start: Expr
    stop: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Coalesce(Node):
    """`value ?? fallback`."""

    value: Expr
    fallback: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Union(Node):
    """`"model" | "state_dict"`: alternatives."""

    options: tuple[Expr, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Choice(Node):
    """`if condition then yes else no`."""

    condition: Expr
    yes: Expr
    no: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Keyword(Node):
    name: str
    name_span: Span
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    callee: Expr
    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Arrow(Node):
    """`source -> target`: data flows."""

    source: Expr
    target: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Attribute(Node):
    value: Expr
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Slice(Node):
    start: Expr | None
    stop: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class Index(Node):
    value: Expr
    items: tuple[Expr, ...]


Expr = (
    Name
    | Number
    | String
    | Ellipsis
    | List
    | Dict
    | Unary
    | Binary
    | Range
    | Coalesce
    | Union
    | Choice
    | Call
    | Arrow
    | Attribute
    | Slice
    | Index
)


@dataclass(frozen=True, slots=True, eq=False)
class Type(Node):
    """`expr`, with `of` and `step` for ragged lengths, and `?` where it may be absent."""

    expr: Expr
    of: Expr | None
    step: Expr | None
    optional: bool


# ---- statements of bodies


@dataclass(frozen=True, slots=True, eq=False)
class Param(Node):
    name: str
    name_span: Span
    type: Type
    default: Expr | None
    doc: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Input(Node):
    name: str
    name_span: Span
    type: Type
    value: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class Output(Node):
    name: str | None
    name_span: Span
    type: Type | None
    value: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class Binding(Node):
    name: str
    name_span: Span
    indices: tuple[Expr, ...]
    type: Type | None
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class For(Node):
    variable: str
    range: Expr
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class If(Node):
    condition: Expr
    yes: tuple[Statement, ...]
    no: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Extern(Node):
    """The Python class that is the body, as `module.path:Class`."""

    target: str


@dataclass(frozen=True, slots=True, eq=False)
class Remove(Node):
    name: str
    name_span: Span


@dataclass(frozen=True, slots=True, eq=False)
class State(Node):
    """A tensor that an extern body owns: a `weight`, a `frozen` weight or a `buffer`."""

    kind: str
    name: str
    type: Type


@dataclass(frozen=True, slots=True, eq=False)
class Require(Node):
    condition: Expr
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class Broken(Node):
    """A statement that could not be parsed, and the names that it would have bound."""

    names: tuple[str, ...]


Statement = Param | Input | Output | Binding | For | If | Extern | Remove | State | Require | Broken

# ---- sections


@dataclass(frozen=True, slots=True, eq=False)
class Setting(Node):
    name: str
    name_span: Span
    value: Expr
    where: Expr | None
    weight: Expr | None


@dataclass(frozen=True, slots=True, eq=False)
class Rule(Node):
    """`"old." -> "new."` in a `rename` or a `replace`."""

    old: str
    old_span: Span
    new: str
    new_span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Section(Node):
    keyword: str
    keyword_span: Span
    label: str | None
    label_span: Span | None
    entries: tuple[Entry, ...]


Entry = Setting | Section | Rule | Remove | Broken

# ---- files


@dataclass(frozen=True, slots=True, eq=False)
class Use(Node):
    path: str


@dataclass(frozen=True, slots=True, eq=False)
class Definition(Node):
    """A `model`, a `block` or a data `source`."""

    kind: str
    name: str
    name_span: Span
    extends: str | None
    extends_span: Span | None
    doc: str | None
    body: tuple[Statement, ...]


Item = Use | Definition | Section | Setting | Broken


@dataclass(frozen=True, slots=True, eq=False)
class File:
    source: SourceFile
    items: tuple[Item, ...]


_FIELDS: dict[type, tuple[str, ...]] = {}  # of each class, those that may hold nodes


def _field_names(kind: type[Node]) -> tuple[str, ...]:
    if kind not in _FIELDS:
        names = [field.name for field in fields(kind)]
        _FIELDS[kind] = tuple(
            name for name in names if not name.endswith("span") and name not in ("id", "name")
        )
    return _FIELDS[kind]


def children(node: Node) -> Iterator[Node]:
    """The nodes directly inside a node, in the order of its fields."""
    for name in _field_names(type(node)):
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            for item in value:
                if isinstance(item, Node):
                    yield item


def walk(node: Node) -> Iterator[Node]:
    """A node and all that is inside it, outermost first."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(list(children(current))))
