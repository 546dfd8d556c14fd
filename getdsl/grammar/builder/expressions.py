"""Expressions and types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lark import Token
from lark.tree import Meta

from getdsl.diagnostics.mistakes import syntax as mistakes
from getdsl.grammar import syntax
from getdsl.grammar.builder.places import Places
from getdsl.grammar.syntax import Expr


class Variables(NamedTuple):
    """What a loop gives names to: an item, and where it stands."""

    names: tuple[str, ...]


class Expressions(Places):
    # -- atoms

    def name(self, meta: Meta, token: Token) -> syntax.Name:
        return syntax.Name(self.place_of(token), str(token))

    def integer(self, meta: Meta, token: Token) -> syntax.Number:
        return syntax.Number(self.place_of(token), self.number_of(token, int))

    def decimal(self, meta: Meta, token: Token) -> syntax.Number:
        return syntax.Number(self.place_of(token), self.number_of(token, float))

    def string(self, meta: Meta, token: Token) -> syntax.String:
        return syntax.String(self.place_of(token), self.text_of(token))

    def ellipsis(self, meta: Meta) -> syntax.Ellipsis:
        return syntax.Ellipsis(self.span_of(meta))

    def array(self, meta: Meta, *items: Expr) -> syntax.List:
        return syntax.List(self.span_of(meta), items)

    def comprehension(
        self, meta: Meta, item: Expr, variables: Variables, source: Expr
    ) -> syntax.Comprehension:
        return syntax.Comprehension(self.span_of(meta), item, variables.names, source)

    def table(self, meta: Meta, *pairs: syntax.Pair) -> syntax.Dict:
        return syntax.Dict(self.span_of(meta), pairs)

    def pair(self, meta: Meta, key: Token, value: Expr) -> syntax.Pair:
        return syntax.Pair(self.span_of(meta), self.label_of(key), self.place_of(key), value)

    def variables(self, meta: Meta, *names: Token) -> Variables:
        if len(names) > 1 and names[0] == names[1]:
            self.diagnostics.add(mistakes.one_name_for_two(str(names[1]), self.place_of(names[1])))
            return Variables((str(names[0]),))
        return Variables(tuple(map(str, names)))

    # -- operators

    def unary(self, meta: Meta, operator: Token, operand: Expr) -> Expr:
        if operator == "-" and isinstance(operand, syntax.Number):
            return syntax.Number(self.span_of(meta), -operand.value)
        return syntax.Unary(self.span_of(meta), str(operator), operand)

    def binary(self, meta: Meta, left: Expr, operator: Token, right: Expr) -> syntax.Binary:
        return syntax.Binary(self.span_of(meta), str(operator), left, right)

    def span_range(self, meta: Meta, start: Expr, stop: Expr) -> syntax.Range:
        return syntax.Range(self.span_of(meta), start, stop)

    def coalesce(self, meta: Meta, value: Expr, fallback: Expr) -> syntax.Coalesce:
        return syntax.Coalesce(self.span_of(meta), value, fallback)

    def union(self, meta: Meta, left: Expr, right: Expr) -> syntax.Union:
        options = left.options if isinstance(left, syntax.Union) else (left,)
        return syntax.Union(self.span_of(meta), (*options, right))

    def choice(self, meta: Meta, condition: Expr, yes: Expr, no: Expr) -> syntax.Choice:
        return syntax.Choice(self.span_of(meta), condition, yes, no)

    def arrow(self, meta: Meta, source: Expr, target: Expr) -> syntax.Arrow:
        return syntax.Arrow(self.span_of(meta), source, target)

    # -- what stands behind a value

    def attribute(self, meta: Meta, value: Expr, name: Token) -> syntax.Attribute:
        return syntax.Attribute(self.span_of(meta), value, str(name))

    def keyword(self, meta: Meta, name: Token, value: Expr) -> syntax.Keyword:
        return syntax.Keyword(self.span_of(meta), str(name), self.place_of(name), value)

    def call(self, meta: Meta, callee: Expr, *arguments: Expr | syntax.Keyword) -> syntax.Call:
        return syntax.Call(self.span_of(meta), callee, *self.arguments_of(arguments))

    def arguments_of(
        self, arguments: Sequence[Expr | syntax.Keyword]
    ) -> tuple[tuple[Expr, ...], tuple[syntax.Keyword, ...]]:
        """Those by place and those by name, after a report of one by place that stands behind one by name."""
        keywords = tuple(item for item in arguments if isinstance(item, syntax.Keyword))
        args = tuple(item for item in arguments if not isinstance(item, syntax.Keyword))
        if keywords:
            late = [item for item in args if item.span.start > keywords[0].span.start]
            for item in late[:1]:
                self.diagnostics.add(mistakes.positional_after_named(item.span, keywords[0].span))
        return args, keywords

    def index(self, meta: Meta, value: Expr, *items: Expr) -> syntax.Index:
        return syntax.Index(self.span_of(meta), value, items)

    def slice_bound(self, meta: Meta, *bound: Expr) -> Expr | None:
        return bound[0] if bound else None

    def slice(
        self, meta: Meta, start: Expr | None, stop: Expr | None, step: Expr | None = None
    ) -> syntax.Slice:
        return syntax.Slice(self.span_of(meta), start, stop, step)

    # -- types

    def annotation_of(self, meta: Meta, *parts: Expr) -> tuple[Expr, ...]:
        return parts

    def annotation(self, meta: Meta, expr: Expr, *rest: Token | tuple[Expr, ...]) -> syntax.Type:
        optional = any(isinstance(part, Token) for part in rest)
        of, step, *_ = (*next((part for part in rest if isinstance(part, tuple)), ()), None, None)
        return syntax.Type(self.span_of(meta), expr, of, step, optional)
