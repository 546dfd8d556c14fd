"""From Lark's parse tree to the syntax tree."""

from __future__ import annotations

import inspect
import math
import re
import textwrap
from typing import Any

from lark import Token, Transformer, v_args
from lark.tree import Meta

from getdsl.diagnostics import Diagnostics
from getdsl.grammar import syntax
from getdsl.grammar.lexemes import bound_names
from getdsl.grammar.repair import RepairedText
from getdsl.grammar.syntax import Expr, Node
from getdsl.text.source import Span

ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}


class TreeBuilder(Transformer[Token, Any]):
    """Builds syntax nodes bottom-up; reports what the grammar cannot say (a bad escape)."""

    def __init__(self, repaired: RepairedText, diagnostics: Diagnostics) -> None:
        super().__init__()
        self.file = repaired.file
        self.original = repaired.original
        self.diagnostics = diagnostics

    # -- places and literals

    def _span(self, meta: Meta) -> Span:
        if meta.empty:
            return Span(self.file, 0, 0)
        return Span(self.file, self.original(meta.start_pos), self.original(meta.end_pos))

    def _at(self, token: Token) -> Span:
        assert token.start_pos is not None
        assert token.end_pos is not None
        return Span(self.file, self.original(token.start_pos), self.original(token.end_pos))

    def _text(self, token: Token) -> str:
        def unescape(match: re.Match[str]) -> str:
            char = match[1]
            if char not in ESCAPES:
                start = self._at(token).start + 1 + match.start()
                self.diagnostics.report(
                    "GET106",
                    f"unknown escape `\\{char}` in a string",
                    Span(self.file, start, start + 2),
                    help=r"the escapes are \" \\ \n \t; write `\\` for a backslash",
                )
                return char
            return ESCAPES[char]

        return re.sub(r"\\(.)", unescape, str(token)[1:-1])

    def _label(self, token: Token) -> str:
        return self._text(token) if token.type == "STRING" else str(token)

    # -- expressions

    @v_args(meta=True, inline=True)
    def name(self, meta: Meta, token: Token) -> syntax.Name:
        return syntax.Name(self._at(token), str(token))

    @v_args(meta=True, inline=True)
    def integer(self, meta: Meta, token: Token) -> syntax.Number:
        return syntax.Number(self._at(token), self._number(token, int))

    @v_args(meta=True, inline=True)
    def decimal(self, meta: Meta, token: Token) -> syntax.Number:
        return syntax.Number(self._at(token), self._number(token, float))

    def _number(self, token: Token, kind: type[int] | type[float]) -> int | float:
        """The value of a number; 1 after a report where it is beyond 64 bits."""
        digits = str(token).replace("_", "")
        value = kind(digits) if len(digits) <= 400 else math.inf
        if abs(value) >= 2**63 and (kind is int or math.isinf(value)):
            self.diagnostics.report(
                "GET105", "this number is too large", self._at(token), help="numbers have 64 bits"
            )
            return 1
        return value

    @v_args(meta=True, inline=True)
    def string(self, meta: Meta, token: Token) -> syntax.String:
        return syntax.String(self._at(token), self._text(token))

    @v_args(meta=True)
    def ellipsis(self, meta: Meta, children: list[Any]) -> syntax.Ellipsis:
        return syntax.Ellipsis(self._span(meta))

    @v_args(meta=True)
    def array(self, meta: Meta, children: list[Any]) -> syntax.List:
        return syntax.List(self._span(meta), tuple(children))

    @v_args(meta=True)
    def table(self, meta: Meta, children: Any) -> syntax.Dict:
        return syntax.Dict(self._span(meta), tuple(children))

    @v_args(meta=True, inline=True)
    def pair(self, meta: Meta, key: Token, value: Expr) -> syntax.Pair:
        return syntax.Pair(self._span(meta), self._label(key), self._at(key), value)

    @v_args(meta=True, inline=True)
    def unary(self, meta: Meta, operator: Token, operand: Expr) -> Expr:
        if operator == "-" and isinstance(operand, syntax.Number):
            return syntax.Number(self._span(meta), -operand.value)
        return syntax.Unary(self._span(meta), str(operator), operand)

    @v_args(meta=True, inline=True)
    def binary(self, meta: Meta, left: Expr, operator: Token, right: Expr) -> syntax.Binary:
        return syntax.Binary(self._span(meta), str(operator), left, right)

    @v_args(meta=True, inline=True)
    def span_range(self, meta: Meta, start: Expr, stop: Expr) -> syntax.Range:
        return syntax.Range(self._span(meta), start, stop)

    @v_args(meta=True, inline=True)
    def coalesce(self, meta: Meta, value: Expr, fallback: Expr) -> syntax.Coalesce:
        return syntax.Coalesce(self._span(meta), value, fallback)

    @v_args(meta=True, inline=True)
    def union(self, meta: Meta, left: Expr, right: Expr) -> syntax.Union:
        options = left.options if isinstance(left, syntax.Union) else (left,)
        return syntax.Union(self._span(meta), (*options, right))

    @v_args(meta=True, inline=True)
    def choice(self, meta: Meta, condition: Expr, yes: Expr, no: Expr) -> syntax.Choice:
        return syntax.Choice(self._span(meta), condition, yes, no)

    @v_args(meta=True, inline=True)
    def arrow(self, meta: Meta, source: Expr, target: Expr) -> syntax.Arrow:
        return syntax.Arrow(self._span(meta), source, target)

    @v_args(meta=True, inline=True)
    def attribute(self, meta: Meta, value: Expr, name: Token) -> syntax.Attribute:
        return syntax.Attribute(self._span(meta), value, str(name))

    @v_args(meta=True, inline=True)
    def keyword(self, meta: Meta, name: Token, value: Expr) -> syntax.Keyword:
        return syntax.Keyword(self._span(meta), str(name), self._at(name), value)

    @v_args(meta=True)
    def call(self, meta: Meta, children: Any) -> syntax.Call:
        callee, *arguments = children
        keywords = tuple(item for item in arguments if isinstance(item, syntax.Keyword))
        args = tuple(item for item in arguments if not isinstance(item, syntax.Keyword))
        seen_keyword = False
        for item in arguments:
            if isinstance(item, syntax.Keyword):
                seen_keyword = True
            elif seen_keyword:
                self.diagnostics.report(
                    "GET107",
                    "a positional argument follows a named one",
                    item.span,
                    help="put the positional arguments first, or name this one",
                )
                break
        return syntax.Call(self._span(meta), callee, args, keywords)

    @v_args(meta=True)
    def index(self, meta: Meta, children: Any) -> syntax.Index:
        value, *items = children
        return syntax.Index(self._span(meta), value, tuple(items))

    @v_args(inline=True)
    def slice_bound(self, *bound: Expr) -> Expr | None:
        return bound[0] if bound else None

    @v_args(meta=True, inline=True)
    def slice(self, meta: Meta, start: Expr | None, stop: Expr | None) -> syntax.Slice:
        return syntax.Slice(self._span(meta), start, stop)

    # -- types

    @v_args(inline=True)
    def annotation_of(self, *parts: Expr) -> tuple[Expr, ...]:
        return parts

    @v_args(meta=True, inline=True)
    def annotation(self, meta: Meta, expr: Expr, *rest: Any) -> syntax.Type:
        optional = any(isinstance(part, Token) for part in rest)
        of = next((part for part in rest if isinstance(part, tuple)), ())
        return syntax.Type(
            self._span(meta), expr, of[0] if of else None, of[1] if len(of) > 1 else None, optional
        )

    # -- statements

    @v_args(inline=True)
    def default(self, value: Expr) -> Expr:
        return value

    @v_args(inline=True)
    def note(self, *doc: Token) -> tuple[str | None]:
        return (self._doc(doc),)

    @v_args(inline=True)
    def doc(self, *doc: Token) -> tuple[str | None]:
        return (self._doc(doc),)

    @staticmethod
    def _doc(doc: tuple[Token, ...]) -> str | None:
        return inspect.cleandoc(textwrap.dedent(str(doc[0])[3:-3])) if doc else None

    @v_args(meta=True, inline=True)
    def param(self, meta: Meta, name: Token, type: syntax.Type, *rest: Any) -> syntax.Param:
        doc = next((part[0] for part in rest if isinstance(part, tuple)), None)
        default = next((part for part in rest if isinstance(part, Node)), None)
        return syntax.Param(self._span(meta), str(name), self._at(name), type, default, doc)  # type: ignore[arg-type]

    @v_args(meta=True, inline=True)
    def input(self, meta: Meta, name: Token, type: syntax.Type, *value: Expr) -> syntax.Input:
        return syntax.Input(self._span(meta), str(name), self._at(name), type, value[0] if value else None)

    @v_args(inline=True)
    def output_name(self, name: Token) -> Token:
        return name

    @v_args(inline=True)
    def output_type(self, type: syntax.Type) -> syntax.Type:
        return type

    @v_args(meta=True, inline=True)
    def output(self, meta: Meta, *parts: Any) -> syntax.Output:
        name = next((part for part in parts if isinstance(part, Token)), None)
        type = next((part for part in parts if isinstance(part, syntax.Type)), None)
        value = next((part for part in parts if isinstance(part, Node) and part is not type), None)
        place = self._at(name) if name is not None else self._span(meta)
        return syntax.Output(self._span(meta), str(name) if name else None, place, type, value)  # type: ignore[arg-type]

    @v_args(inline=True)
    def target(self, name: Token, *indices: Expr) -> tuple[Token, tuple[Expr, ...]]:
        return name, indices

    @v_args(meta=True, inline=True)
    def binding(self, meta: Meta, target: tuple[Token, tuple[Expr, ...]], *parts: Any) -> syntax.Binding:
        name, indices = target
        type = parts[0] if len(parts) == 2 else None
        return syntax.Binding(self._span(meta), str(name), self._at(name), indices, type, parts[-1])

    @v_args(meta=True, inline=True)
    def for_loop(self, meta: Meta, variable: Token, range: Expr, *body: Any) -> syntax.For:
        return syntax.For(self._span(meta), str(variable), range, body)

    @v_args(inline=True)
    def else_part(self, *body: Any) -> tuple[Any, ...]:
        return body

    @v_args(inline=True)
    def else_if(self, nested: syntax.If) -> tuple[Any, ...]:
        return (nested,)

    @v_args(meta=True, inline=True)
    def if_else(self, meta: Meta, condition: Expr, *rest: Any) -> syntax.If:
        no = rest[-1] if rest and isinstance(rest[-1], tuple) else ()
        yes = rest[:-1] if rest and isinstance(rest[-1], tuple) else rest
        return syntax.If(self._span(meta), condition, tuple(yes), no)

    @v_args(meta=True, inline=True)
    def extern(self, meta: Meta, target: Token) -> syntax.Extern:
        return syntax.Extern(self._span(meta), self._text(target))

    @v_args(meta=True, inline=True)
    def remove(self, meta: Meta, name: Token) -> syntax.Remove:
        return syntax.Remove(self._span(meta), str(name), self._at(name))

    @v_args(inline=True)
    def state_kind(self, kind: Token) -> str:
        return str(kind)

    @v_args(meta=True, inline=True)
    def state(self, meta: Meta, kind: str, name: Token, type: syntax.Type) -> syntax.State:
        return syntax.State(self._span(meta), kind, self._label(name), type)

    @v_args(meta=True, inline=True)
    def require(self, meta: Meta, condition: Expr, message: Token) -> syntax.Require:
        return syntax.Require(self._span(meta), condition, self._text(message))

    @v_args(inline=True)
    def broken(self, token: Token) -> syntax.Broken:
        span = self._at(token)
        if "\0" in span.text:
            self.diagnostics.report("GET105", "the character U+0000 means nothing here", span)
        return syntax.Broken(span, bound_names(span.text))

    # -- sections

    @v_args(inline=True)
    def where(self, value: Expr) -> tuple[str, Expr]:
        return "where", value

    @v_args(inline=True)
    def weight(self, value: Expr) -> tuple[str, Expr]:
        return "weight", value

    @v_args(meta=True, inline=True)
    def setting(self, meta: Meta, name: Token, value: Expr, *rest: tuple[str, Expr]) -> syntax.Setting:
        extra: Any = dict(rest)
        return syntax.Setting(
            self._span(meta), str(name), self._at(name), value, extra.get("where"), extra.get("weight")
        )

    @v_args(meta=True, inline=True)
    def rule(self, meta: Meta, old: Token, new: Token) -> syntax.Rule:
        return syntax.Rule(self._span(meta), self._text(old), self._at(old), self._text(new), self._at(new))

    @v_args(inline=True)
    def label(self, token: Token) -> Token:
        return token

    @v_args(meta=True, inline=True)
    def section(self, meta: Meta, keyword: Token, *rest: Any) -> syntax.Section:
        label = rest[0] if rest and isinstance(rest[0], Token) else None
        entries = rest[1:] if label is not None else rest
        return syntax.Section(
            self._span(meta),
            str(keyword),
            self._at(keyword),
            self._label(label) if label is not None else None,
            self._at(label) if label is not None else None,
            tuple(entries),
        )

    # -- files

    @v_args(meta=True, inline=True)
    def use(self, meta: Meta, path: Token) -> syntax.Use:
        return syntax.Use(self._at(path), self._text(path))

    @v_args(inline=True)
    def extends(self, name: Token) -> Token:
        return name

    @v_args(meta=True, inline=True)
    def model(self, meta: Meta, name: Token, *rest: Any) -> syntax.Definition:
        parent = rest[0] if isinstance(rest[0], Token) else None
        doc, *body = rest[1:] if parent is not None else rest
        return self._definition(meta, "model", name, parent, doc, body)

    @v_args(inline=True)
    def block_kind(self, kind: Token) -> str:
        return str(kind)

    @v_args(meta=True, inline=True)
    def block(self, meta: Meta, kind: str, name: Token, doc: Any, *body: Any) -> syntax.Definition:
        return self._definition(meta, kind, name, None, doc, body)

    def _definition(
        self, meta: Meta, kind: str, name: Token, parent: Token | None, doc: Any, body: Any
    ) -> syntax.Definition:
        return syntax.Definition(
            self._span(meta),
            kind,
            str(name),
            self._at(name),
            str(parent) if parent is not None else None,
            self._at(parent) if parent is not None else None,
            doc[0],
            tuple(body),
        )

    def start(self, items: Any) -> syntax.File:
        return syntax.File(self.file, tuple(items))
