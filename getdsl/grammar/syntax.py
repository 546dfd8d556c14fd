"""The syntax tree: frozen records, each with the span that it was written at.

Expressions and types, then the statements of model and block bodies, then sections, then whole files.
Nothing here is resolved: a name is only a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from getdsl.grammar.comments import Comment, read_comments
from getdsl.grammar.expressions import Arrow as Arrow
from getdsl.grammar.expressions import Attribute as Attribute
from getdsl.grammar.expressions import Binary as Binary
from getdsl.grammar.expressions import Call as Call
from getdsl.grammar.expressions import Choice as Choice
from getdsl.grammar.expressions import Coalesce as Coalesce
from getdsl.grammar.expressions import Comprehension as Comprehension
from getdsl.grammar.expressions import Dict as Dict
from getdsl.grammar.expressions import Ellipsis as Ellipsis
from getdsl.grammar.expressions import Expr as Expr
from getdsl.grammar.expressions import Index as Index
from getdsl.grammar.expressions import Keyword as Keyword
from getdsl.grammar.expressions import List as List
from getdsl.grammar.expressions import Name as Name
from getdsl.grammar.expressions import Number as Number
from getdsl.grammar.expressions import Pair as Pair
from getdsl.grammar.expressions import Range as Range
from getdsl.grammar.expressions import Slice as Slice
from getdsl.grammar.expressions import String as String
from getdsl.grammar.expressions import Type as Type
from getdsl.grammar.expressions import Unary as Unary
from getdsl.grammar.expressions import Union as Union
from getdsl.grammar.node import Node as Node
from getdsl.grammar.node import children as children
from getdsl.grammar.node import node
from getdsl.grammar.node import walk as walk
from getdsl.text.source import SourceFile, Span

# ---- statements of bodies


@node
class Param(Node):
    name: str
    name_span: Span
    type: Type
    default: Expr | None
    doc: str | None


@node
class Input(Node):
    name: str
    name_span: Span
    type: Type
    value: Expr | None


@node
class Output(Node):
    """`output name: type = value`, or `output [key] = value`, whose name is computed.

    `left` are names that it gives nothing: a child's outputs stand in their place.
    """

    name: str | None
    name_span: Span
    type: Type | None
    value: Expr | None
    key: Expr | None
    left: tuple[str, ...]


@node
class Binding(Node):
    name: str
    name_span: Span
    indices: tuple[Expr, ...]
    type: Type | None
    value: Expr


@node
class For(Node):
    """`for item, index in list` and `for key, value in table`; the second name may be left out."""

    variables: tuple[str, ...]
    range: Expr
    body: tuple[Statement, ...]


@node
class If(Node):
    condition: Expr
    yes: tuple[Statement, ...]
    no: tuple[Statement, ...]


@node
class Extern(Node):
    """The Python class that is the body, as `module.path:Class`."""

    target: str


@node
class Origin(Node):
    """`from "torch.nn:GRU"` behind a block's name: the module that is its body. It begins the body."""

    target: str


@node
class Construct(Node):
    """`call(…)`: what a module of `torch.nn` is made of."""

    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]


@node
class Apply(Node):
    """`apply(…)`: what a module of `torch.nn` is given."""

    args: tuple[Expr, ...]
    keywords: tuple[Keyword, ...]


@node
class Take(Node):
    """`take N`: which of several results of a module of `torch.nn` is the output."""

    number: int


@node
class Remove(Node):
    name: str
    name_span: Span


@node
class State(Node):
    """A tensor that an extern body owns: a `weight`, a `frozen` weight or a `buffer`."""

    kind: str
    name: str
    type: Type


@node
class Require(Node):
    condition: Expr
    message: str


@node
class Noted(Node):
    """`require condition note "…"`: what is worth a note where it is known not to hold."""

    condition: Expr
    message: str


@node
class Broken(Node):
    """A statement that could not be parsed, and the names that it would have bound."""

    names: tuple[str, ...]


Torchs = Origin | Construct | Apply | Take
Statement = (
    Param | Input | Output | Binding | For | If | Extern | Remove | State | Require | Noted | Torchs | Broken
)

# ---- sections


@node
class Setting(Node):
    name: str
    name_span: Span
    value: Expr
    pair: Of | None
    where: Expr | None
    weight: Expr | None


@node
class PartSetting(Node):
    """`optimizer critic = value on [critic] minimises critic every 5`; `name` is `critic`."""

    setting: Setting
    name: str
    name_span: Span
    on: Expr | None
    minimises: Expr | None
    every: Expr | None


@node
class Keyed(Node):
    """`output [key] = value` in a section: a setting whose name, empty in it, is computed."""

    key: Expr
    setting: Setting


@node
class Each(Node):
    """`for item, index in list { … }` in a section."""

    variables: tuple[str, ...]
    source: Expr
    entries: tuple[Entry, ...]


@node
class Of(Node):
    """`of (prediction, target)`: what metrics compare."""

    prediction: Expr
    target: Expr


@node
class Declared(Node):
    """`target name: type`; `word` is what stands in the place of `target`.

    The name of `target [key]: type`, empty in it, is computed.
    """

    word: str
    word_span: Span
    name: str
    name_span: Span
    type: Type
    key: Expr | None


@node
class Permute(Node):
    """`permute(2, 1, 0)`: the axes of a file's tensor in the order that the model has them in."""

    axes: tuple[int, ...]


@node
class Rule(Node):
    """`"old." -> "new."` in a `rename` or a `replace`; `permute` stands behind it."""

    old: str
    old_span: Span
    new: str
    new_span: Span
    permute: Permute | None


@node
class Section(Node):
    keyword: str
    keyword_span: Span
    label: str | None
    label_span: Span | None
    entries: tuple[Entry, ...]


Entry = Setting | Keyed | Each | Declared | Section | Rule | Remove | Broken

# ---- files


@node
class Use(Node):
    path: str


@node
class Definition(Node):
    """A `model`, a `block` or a data `source`."""

    kind: str
    name: str
    name_span: Span
    extends: str | None
    extends_span: Span | None
    doc: str | None
    body: tuple[Statement, ...]


Item = Use | Definition | Section | Setting | PartSetting | Broken


@dataclass(frozen=True, eq=False)
class File:
    source: SourceFile
    items: tuple[Item, ...]

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """All comments in their order, those in statements that could not be parsed too."""
        return read_comments(self.source)
