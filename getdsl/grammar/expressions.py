"""The expressions of the syntax tree, and types, which are made of them."""

from __future__ import annotations

from getdsl.grammar.node import Node, node
from getdsl.text.source import Span


@node
class Name(Node):
    id: str


@node
class Number(Node):
    value: int | float


@node
class String(Node):
    value: str


@node
class Ellipsis(Node):
    """`...` in a shape or an index: any number of axes."""


@node
class List(Node):
    items: tuple[Expr, ...]


@node
class Comprehension(Node):
    """`[item for name, index in source]`."""

    item: Expr
    variables: tuple[str, ...]
    source: Expr


@node
class Pair(Node):
    key: str
    key_span: Span
    value: Expr


@node
class Dict(Node):
    pairs: tuple[Pair, ...]


@node
class Unary(Node):
    operator: str
    operand: Expr


@node
class Binary(Node):
    operator: str
    left: Expr
    right: Expr


@node
class Range(Node):
    """`start..stop`, which excludes its end."""

    start: Expr
    stop: Expr


@node
class Coalesce(Node):
    """`value ?? fallback`."""

    value: Expr
    fallback: Expr


@node
class Union(Node):
    """`"model" | "state_dict"`: alternatives."""

    options: tuple[Expr, ...]


@node
class Choice(Node):
    """`if condition then yes else no`."""

    condition: Expr
    yes: Expr
    no: Expr


@node
class Keyword(Node):
    name: str
    name_span: Span
    value: Expr


@node
class Call(Node):
    callee: Expr
    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]


@node
class Arrow(Node):
    """`source -> target`: data flows."""

    source: Expr
    target: Expr


@node
class Attribute(Node):
    value: Expr
    name: str


@node
class Slice(Node):
    start: Expr | None
    stop: Expr | None
    step: Expr | None = None


@node
class Index(Node):
    value: Expr
    items: tuple[Expr, ...]


Expr = (
    Name
    | Number
    | String
    | Ellipsis
    | List
    | Comprehension
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


@node
class Type(Node):
    """`expr`, with `of` and `step` for ragged lengths, and `?` where it may be absent."""

    expr: Expr
    of: Expr | None
    step: Expr | None
    optional: bool
