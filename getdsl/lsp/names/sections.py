"""The names in sections: of outputs and keys in terms, of sources in data, of weights elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

from getdsl.grammar import syntax
from getdsl.grammar.node import children
from getdsl.lsp.names.bodies import NONE, Body, Keys, Variables, variable_spans
from getdsl.lsp.names.entity import Entity, Occurrence
from getdsl.lsp.names.scopes import RESERVED, Scope
from getdsl.text.source import Span

TERMS = ("loss", "metrics")
OF_WEIGHTS = ("load", "lora", "freeze", "train_only", "optimizer", "train", "schedule")


class Terms(Body):
    """`loss` and `metrics`: a name is an output first, then what the model has besides."""

    def meaning(self, name: str, seen: Variables) -> Entity | None:
        if name in RESERVED or name == "outputs":
            return None
        return seen.get(name) or self.scope.output(name) or self.scope.own(name) or self.scope.outside(name)

    def entries(self, entries: tuple[syntax.Entry, ...], seen: Variables) -> Iterator[Occurrence]:
        for entry in entries:
            match entry:
                case syntax.Setting(name=name):
                    yield Occurrence(entry.name_span, self.term(name), True, entry)
                case syntax.Declared(name=name, key=None):
                    yield Occurrence(entry.name_span, self.keys(name), True, entry)
                case syntax.Remove(name=name):
                    yield Occurrence(entry.name_span, self.term(name), False, entry)
                case syntax.Each():
                    yield from self._each(entry, seen)
                    continue
            for child in children(entry):
                yield from self.node(child, seen)

    def term(self, name: str) -> Entity:
        return Entity("term", self.scope.chain[-1], name)

    def _each(self, entry: syntax.Each, seen: Variables) -> Iterator[Occurrence]:
        inside = dict(seen)
        for name, span in variable_spans(entry, entry.source):
            inside[name] = Entity("variable", entry, name)
            yield Occurrence(span, inside[name], True, entry)
        yield from self.node(entry.source, seen)
        yield from self.entries(entry.entries, inside)


class Settings(Body):
    """Sections of settings: a name is one of the model, or a word that stands for itself."""

    def meaning(self, name: str, seen: Variables) -> Entity | None:
        return self.scope.own(name) if name not in RESERVED else None

    def node(self, node: syntax.Node, seen: Variables) -> Iterator[Occurrence]:
        match node:
            case syntax.Pair(key=key):
                yield from self._path(node.key_span, key, node)
            case syntax.Rule(new=new):
                yield from self._path(node.new_span, new, node)
            case syntax.String(value=value):
                yield from self._path(node.span, value, node)
        yield from super().node(node, seen)

    def _path(self, span: Span, path: str, node: syntax.Node) -> Iterator[Occurrence]:
        """The first name of `"encoder.blocks.*"`, which may stand in quotes."""
        name = path.split(".")[0]
        entity = self.scope.own(name) if name.isidentifier() else None
        start = span.start + span.text.startswith('"')
        if entity is not None and entity.kind == "name" and span.file.text.startswith(name, start):
            yield Occurrence(Span(span.file, start, start + len(name)), entity, False, node)


class Data(Body):
    """`data`: what its settings call are sources, whose arguments are constants."""

    def section(self, section: syntax.Section) -> Iterator[Occurrence]:
        for entry in section.entries:
            if isinstance(entry, syntax.Section) and entry.keyword == "batch":
                for item in entry.entries:
                    if isinstance(item, syntax.Setting):
                        yield Occurrence(item.name_span, self.keys(item.name), True, item)
            yield from self.node(entry, NONE)

    def meaning(self, name: str, seen: Variables) -> Entity | None:
        return self.scope.own(name) if name not in RESERVED else None


def of_section(
    scope: Scope, keys: Keys, item: syntax.Section | syntax.Setting | syntax.PartSetting
) -> Iterator[Occurrence]:
    """The names in a section of the model whose scope it is."""
    if isinstance(item, syntax.PartSetting):
        yield from _of_part(scope, keys, item)
    elif isinstance(item, syntax.Section) and item.keyword in TERMS:
        yield from Terms(scope, keys).entries(item.entries, NONE)
    elif isinstance(item, syntax.Section) and item.keyword == "data":
        yield from Data(scope, keys).section(item)
    else:
        yield from Settings(scope, keys).node(item, NONE)


def _of_part(scope: Scope, keys: Keys, item: syntax.PartSetting) -> Iterator[Occurrence]:
    settings, terms = Settings(scope, keys), Terms(scope, keys)
    yield from settings.node(item.setting, NONE)
    for expr in (item.on, item.every):
        yield from settings.node(expr, NONE) if expr is not None else ()
    for node in syntax.walk(item.minimises) if item.minimises is not None else ():
        if isinstance(node, syntax.Name):
            yield Occurrence(node.span, terms.term(node.id), False, node)
