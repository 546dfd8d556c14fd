"""The statements of bodies."""

from __future__ import annotations

from typing import Any, NamedTuple

from lark import Token
from lark.tree import Meta

from getdsl.grammar import syntax
from getdsl.grammar.builder.expressions import Expressions, Variables
from getdsl.grammar.syntax import Expr, Statement


class Doc(NamedTuple):
    """The text of a docstring that may be absent, as a part that is told from others by its type."""

    text: str | None


class Otherwise(NamedTuple):
    """What stands behind `else`."""

    body: tuple[Statement, ...]


class Statements(Expressions):
    # -- declarations

    def default(self, meta: Meta, value: Expr) -> Expr:
        return value

    def note(self, meta: Meta, *doc: Token) -> Doc:
        return Doc(self.doc_of(doc))

    def doc(self, meta: Meta, *doc: Token) -> Doc:
        return Doc(self.doc_of(doc))

    def param(self, meta: Meta, name: Token, type: syntax.Type, *rest: Any) -> syntax.Param:
        *default, note = rest
        value = default[0] if default else None
        return syntax.Param(self.span_of(meta), str(name), self.place_of(name), type, value, note.text)

    def input(self, meta: Meta, name: Token, type: syntax.Type, *value: Expr) -> syntax.Input:
        default = value[0] if value else None
        return syntax.Input(self.span_of(meta), str(name), self.place_of(name), type, default)

    def output_name(self, meta: Meta, name: Token) -> Token:
        return name

    def output_type(self, meta: Meta, type: syntax.Type) -> syntax.Type:
        return type

    def output(self, meta: Meta, *parts: Any) -> syntax.Output:
        name = next((part for part in parts if isinstance(part, Token)), None)
        type = next((part for part in parts if isinstance(part, syntax.Type)), None)
        value = next((part for part in parts if part is not name and part is not type), None)
        if name is None:
            return syntax.Output(self.span_of(meta), None, self.span_of(meta), type, value, None, ())
        return syntax.Output(self.span_of(meta), str(name), self.place_of(name), type, value, None, ())

    def keyed_output(self, meta: Meta, key: Expr, *rest: Any) -> syntax.Output:
        *type, value = rest
        return syntax.Output(self.span_of(meta), None, key.span, type[0] if type else None, value, key, ())

    def extern(self, meta: Meta, target: Token) -> syntax.Extern:
        return syntax.Extern(self.span_of(meta), self.text_of(target))

    def construct(self, meta: Meta, *arguments: Expr | syntax.Keyword) -> syntax.Construct:
        return syntax.Construct(self.span_of(meta), *self.arguments_of(arguments))

    def apply(self, meta: Meta, *arguments: Expr | syntax.Keyword) -> syntax.Apply:
        return syntax.Apply(self.span_of(meta), *self.arguments_of(arguments))

    def take(self, meta: Meta, number: Token) -> syntax.Take:
        return syntax.Take(self.span_of(meta), int(number))

    def remove(self, meta: Meta, name: Token) -> syntax.Remove:
        return syntax.Remove(self.span_of(meta), str(name), self.place_of(name))

    def state_kind(self, meta: Meta, kind: Token) -> str:
        return str(kind)

    def state(self, meta: Meta, kind: str, name: Token, type: syntax.Type) -> syntax.State:
        return syntax.State(self.span_of(meta), kind, self.label_of(name), type)

    def require(self, meta: Meta, condition: Expr, message: Token) -> syntax.Require:
        return syntax.Require(self.span_of(meta), condition, self.text_of(message))

    def noted(self, meta: Meta, condition: Expr, message: Token) -> syntax.Noted:
        return syntax.Noted(self.span_of(meta), condition, self.text_of(message))

    # -- bindings and what repeats or chooses them

    def target(self, meta: Meta, name: Token, *indices: Expr) -> tuple[Token, tuple[Expr, ...]]:
        return name, indices

    def binding(self, meta: Meta, target: tuple[Token, tuple[Expr, ...]], *parts: Any) -> syntax.Binding:
        name, indices = target
        *type, value = parts
        return syntax.Binding(
            self.span_of(meta), str(name), self.place_of(name), indices, type[0] if type else None, value
        )

    def for_loop(self, meta: Meta, variables: Variables, range: Expr, *body: Statement) -> syntax.For:
        return syntax.For(self.span_of(meta), variables.names, range, body)

    def else_part(self, meta: Meta, *body: Statement) -> Otherwise:
        return Otherwise(body)

    def else_if(self, meta: Meta, nested: syntax.If) -> Otherwise:
        return Otherwise((nested,))

    def if_else(self, meta: Meta, condition: Expr, *rest: Any) -> syntax.If:
        yes = tuple(part for part in rest if not isinstance(part, Otherwise))
        no = rest[-1].body if len(yes) < len(rest) else ()
        return syntax.If(self.span_of(meta), condition, yes, no)
