"""Sections, definitions and whole files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lark import Token
from lark.tree import Meta

from getdsl.grammar import syntax
from getdsl.grammar.builder.expressions import Variables
from getdsl.grammar.builder.statements import Doc, Statements
from getdsl.grammar.syntax import Entry, Expr, Item, Statement


class TreeBuilder(Statements):
    """Builds syntax nodes from Lark's parse tree, bottom-up."""

    # -- sections

    def where(self, meta: Meta, value: Expr) -> tuple[str, Expr]:
        return "where", value

    def weight(self, meta: Meta, value: Expr) -> tuple[str, Expr]:
        return "weight", value

    def pair_of(self, meta: Meta, prediction: Expr, target: Expr) -> syntax.Of:
        return syntax.Of(self.span_of(meta), prediction, target)

    def setting(
        self, meta: Meta, name: Token, value: Expr, *rest: syntax.Of | tuple[str, Expr]
    ) -> syntax.Setting:
        pair = next((part for part in rest if isinstance(part, syntax.Of)), None)
        extra = dict(part for part in rest if isinstance(part, tuple))
        where, weight = extra.get("where"), extra.get("weight")
        return syntax.Setting(self.span_of(meta), str(name), self.place_of(name), value, pair, where, weight)

    def on(self, meta: Meta, value: Expr) -> tuple[str, Expr]:
        return "on", value

    def minimises(self, meta: Meta, value: Expr) -> tuple[str, Expr]:
        return "minimises", value

    def every(self, meta: Meta, value: Expr) -> tuple[str, Expr]:
        return "every", value

    def part_setting(
        self, meta: Meta, word: Token, name: Token, value: Expr, *rest: tuple[str, Expr]
    ) -> syntax.PartSetting:
        said, setting = dict(rest), self.setting(meta, word, value)
        clauses = (said.get("on"), said.get("minimises"), said.get("every"))
        return syntax.PartSetting(self.span_of(meta), setting, str(name), self.place_of(name), *clauses)

    def declared(self, meta: Meta, word: Token, name: Token, type: syntax.Type) -> syntax.Declared:
        places = (str(word), self.place_of(word), str(name), self.place_of(name))
        return syntax.Declared(self.span_of(meta), *places, type, None)

    def keyed_declared(self, meta: Meta, word: Token, key: Expr, type: syntax.Type) -> syntax.Declared:
        return syntax.Declared(self.span_of(meta), str(word), self.place_of(word), "", key.span, type, key)

    def keyed(self, meta: Meta, key: Expr, value: Expr, *rest: Any) -> syntax.Keyed:
        nameless = self.setting(meta, Token("NAME", "", start_pos=0, end_pos=0), value, *rest)
        return syntax.Keyed(self.span_of(meta), key, replace(nameless, name_span=key.span))

    def each(self, meta: Meta, variables: Variables, source: Expr, *entries: Entry) -> syntax.Each:
        return syntax.Each(self.span_of(meta), variables.names, source, entries)

    def rule(self, meta: Meta, old: Token, new: Token, permute: syntax.Permute | None = None) -> syntax.Rule:
        old_side, new_side = (self.text_of(old), self.place_of(old)), (self.text_of(new), self.place_of(new))
        return syntax.Rule(self.span_of(meta), *old_side, *new_side, permute)

    def permute(self, meta: Meta, *axes: Token) -> syntax.Permute:
        return syntax.Permute(self.span_of(meta), tuple(map(int, axes)))

    def label(self, meta: Meta, token: Token) -> Token:
        return token

    def section(self, meta: Meta, keyword: Token, *rest: Token | Entry) -> syntax.Section:
        label = next((part for part in rest[:1] if isinstance(part, Token)), None)
        text, place = (self.label_of(label), self.place_of(label)) if label is not None else (None, None)
        entries = tuple(part for part in rest if not isinstance(part, Token))
        return syntax.Section(self.span_of(meta), str(keyword), self.place_of(keyword), text, place, entries)

    # -- files

    def use(self, meta: Meta, path: Token) -> syntax.Use:
        return syntax.Use(self.place_of(path), self.text_of(path))

    def extends(self, meta: Meta, name: Token) -> Token:
        return name

    def model(self, meta: Meta, name: Token, *rest: Any) -> syntax.Definition:
        parent = rest[0] if isinstance(rest[0], Token) else None
        doc, *body = rest[1:] if parent is not None else rest
        return self._definition(meta, "model", name, parent, doc, body)

    def block_kind(self, meta: Meta, kind: Token) -> str:
        return str(kind)

    def origin(self, meta: Meta, target: Token) -> syntax.Origin:
        return syntax.Origin(self.place_of(target), self.text_of(target))

    def block(self, meta: Meta, kind: str, name: Token, *rest: Any) -> syntax.Definition:
        origin, doc, *body = rest if isinstance(rest[0], syntax.Origin) else (None, *rest)
        return self._definition(meta, kind, name, None, doc, [*([origin] if origin else []), *body])

    def _definition(
        self, meta: Meta, kind: str, name: Token, parent: Token | None, doc: Doc, body: Sequence[Statement]
    ) -> syntax.Definition:
        extended, place = (str(parent), self.place_of(parent)) if parent is not None else (None, None)
        return syntax.Definition(
            self.span_of(meta), kind, str(name), self.place_of(name), extended, place, doc.text, tuple(body)
        )

    def start(self, meta: Meta, *items: Item) -> syntax.File:
        return syntax.File(self.file, items)
