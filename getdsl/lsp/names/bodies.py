"""The names in the bodies of models, blocks and sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from getdsl.grammar import syntax
from getdsl.grammar.node import children
from getdsl.lsp.names.entity import Entity, Occurrence
from getdsl.lsp.names.scopes import RESERVED, Scope
from getdsl.text.source import Span

Variables = Mapping[str, Entity]
NONE: Variables = {}


class Body:
    """Walks a definition; `found` yields each name with what it means."""

    def __init__(self, scope: Scope, keys: Keys) -> None:
        self.scope = scope
        self.keys = keys

    def found(self) -> Iterator[Occurrence]:
        definition = self.scope.definition
        yield Occurrence(
            definition.name_span, Entity("definition", definition, definition.name), True, definition
        )
        if definition.extends is not None and definition.extends_span is not None:
            parent = self.scope.outside(definition.extends)
            if parent is not None:
                yield Occurrence(definition.extends_span, parent, False, definition)
        yield from self.statements(definition.body, NONE)

    # -- statements

    def statements(self, body: Iterable[syntax.Statement], seen: Variables) -> Iterator[Occurrence]:
        for statement in body:
            yield from self.node(statement, seen)

    def node(self, node: syntax.Node, seen: Variables) -> Iterator[Occurrence]:
        """The names in a statement or an expression, in which loops around it bind some."""
        match node:
            case syntax.Param(name=name) | syntax.Input(name=name) | syntax.Binding(name=name):
                yield from self._declared(node.name_span, self.scope.own(name), node)
            case syntax.Output(name=str(name)):
                yield from self._declared(node.name_span, self.scope.output(name), node)
            case syntax.Remove(name=name):
                entity = self.scope.own(name) or self.scope.output(name)
                yield from self._named(node.name_span, entity, node)
            case syntax.For() | syntax.Comprehension():
                yield from self._loop(node, seen)
                return
            case syntax.Call() | syntax.Arrow():
                yield from self._call(node, seen)
                return
            case syntax.Name(id=name):
                yield from self._named(node.span, self.meaning(name, seen), node)
            case syntax.Attribute():
                yield from self._attribute(node, seen)
        for child in children(node):
            yield from self.node(child, seen)

    def meaning(self, name: str, seen: Variables) -> Entity | None:
        """What a name stands for where it is read."""
        if name in RESERVED:
            return None
        found = seen.get(name) or self.scope.own(name) or self.scope.outside(name)
        if found is not None and found.kind == "function":  # `int` is a type where it is not called
            return None
        if found is None and name[0].isupper():
            return Entity("size", self.scope.definition, name)
        return found

    def _declared(self, span: Span, entity: Entity | None, node: syntax.Node) -> Iterator[Occurrence]:
        if entity is not None:
            yield Occurrence(span, entity, True, node)

    def _named(self, span: Span, entity: Entity | None, node: syntax.Node) -> Iterator[Occurrence]:
        if entity is not None:
            yield Occurrence(span, entity, False, node)

    def _loop(self, node: syntax.For | syntax.Comprehension, seen: Variables) -> Iterator[Occurrence]:
        source = node.range if isinstance(node, syntax.For) else node.source
        inside = dict(seen)
        for name, span in variable_spans(node, source):
            inside[name] = Entity("variable", node, name)
            yield Occurrence(span, inside[name], True, node)
        yield from self.node(source, seen)
        if isinstance(node, syntax.For):
            yield from self.statements(node.body, inside)
        else:
            yield from self.node(node.item, inside)

    # -- calls

    def _call(self, node: syntax.Call | syntax.Arrow, seen: Variables) -> Iterator[Occurrence]:
        if isinstance(node, syntax.Arrow):
            yield from self.node(node.source, seen)
            yield from self._callee(node.target, seen)
            return
        yield from self._callee(node.callee, seen)
        for argument in node.args:
            yield from self.node(argument, seen)
        for keyword in node.keywords:
            yield from self._keyword(node.callee, keyword)
            yield from self.node(keyword.value, seen)

    def _callee(self, callee: syntax.Expr, seen: Variables) -> Iterator[Occurrence]:
        if not isinstance(callee, syntax.Name):
            yield from self.node(callee, seen)
        elif callee.id not in RESERVED:
            yield from self._named(callee.span, seen.get(callee.id) or self.scope.called(callee.id), callee)

    def _keyword(self, callee: syntax.Expr, keyword: syntax.Keyword) -> Iterator[Occurrence]:
        block = self.block_of(callee)
        if block is not None:
            inside = Scope(self.scope.program, block)
            yield from self._named(keyword.name_span, inside.own(keyword.name), keyword)

    def block_of(self, callee: syntax.Expr) -> syntax.Definition | None:
        """The block that a call is of, be it named or the module that a name is bound to."""
        if not isinstance(callee, syntax.Name):
            return None
        entity = self.scope.called(callee.id)
        if entity is not None and isinstance(entity.owner, syntax.Definition) and entity.kind == "definition":
            return entity.owner
        return self.scope.block_of(callee.id)

    def _attribute(self, node: syntax.Attribute, seen: Variables) -> Iterator[Occurrence]:
        """`encoder.map`, an output of the block that made it or a part of it; `batch.key`."""
        span = Span(node.span.file, node.span.end - len(node.name), node.span.end)
        root = node.value
        if span.text != node.name:
            return
        if isinstance(root, syntax.Name) and root.id == "batch":
            yield from self._named(span, self.keys(node.name), node)
            return
        while isinstance(root, syntax.Index):
            root = root.value
        if isinstance(root, syntax.Name) and root.id not in seen:
            block = self.scope.block_of(root.id)
            if block is not None:
                inside = Scope(self.scope.program, block)
                yield from self._named(span, inside.output(node.name) or inside.own(node.name), node)


class Keys:
    """The keys of a batch by name: an input of the model is the key of its name."""

    def __init__(self, scope: Scope | None) -> None:
        self.scope = scope

    def __call__(self, name: str) -> Entity:
        own = self.scope.own(name) if self.scope is not None else None
        if own is not None and own.kind == "input":
            return own
        return Entity("key", self.scope.chain[-1] if self.scope is not None else None, name)


def variable_spans(
    node: syntax.For | syntax.Comprehension | syntax.Each, source: syntax.Expr
) -> Iterator[tuple[str, Span]]:
    """Where the variables of a loop stand, which its node does not say."""
    file = node.span.file
    start = node.item.span.end if isinstance(node, syntax.Comprehension) else node.span.start
    place = file.text.find("for", start) + len("for")
    for name in node.variables:
        match = re.compile(rf"\b{re.escape(name)}\b").search(file.text, place, source.span.start)
        if match is not None:
            place = match.end()
            yield name, Span(file, match.start(), match.end())
