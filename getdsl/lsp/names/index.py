"""All names of a program with what they mean, by place and by meaning."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property

from getdsl.compiler.program import Program, Unit
from getdsl.grammar import syntax
from getdsl.lsp.names.bodies import Body, Keys
from getdsl.lsp.names.entity import Entity, Occurrence
from getdsl.lsp.names.scopes import Scope
from getdsl.lsp.names.sections import of_section
from getdsl.text.source import SourceFile


class Index:
    """Made of a file when it is first asked for."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._files: dict[int, list[Occurrence]] = {}

    def of_file(self, source: SourceFile) -> list[Occurrence]:
        """The names of one file of the program, in order."""
        if id(source) not in self._files:
            units = (unit for unit in self.program.units.values() if unit.file.source is source)
            found = (item for unit in units for item in self._of_unit(unit))
            self._files[id(source)] = sorted(found, key=lambda item: (item.span.start, -item.span.end))
        return self._files[id(source)]

    def at(self, source: SourceFile, offset: int) -> Occurrence | None:
        """The name that an offset is in, or right behind."""
        found = self.of_file(source)
        number = bisect_right(found, offset, key=lambda item: item.span.start)
        for item in reversed(found[max(0, number - 3) : number]):
            if item.span.start <= offset <= item.span.end:
                return item
        return None

    def of(self, entity: Entity) -> Iterator[Occurrence]:
        """All places that name an entity, in all files of the program."""
        yield from self.by_entity.get(entity, [])

    @cached_property
    def by_entity(self) -> dict[Entity, list[Occurrence]]:
        found: dict[Entity, list[Occurrence]] = {}
        for unit in self.program.units.values():
            for item in self.of_file(unit.file.source):
                found.setdefault(item.entity, []).append(item)
        return found

    def scope_of_sections(self, unit: Unit) -> Scope | None:
        """The scope of the model that a file's sections are about."""
        model = unit.last_model()
        if model is None and unit is self.program.unit:
            used = [item for item in self.program.visible().values() if item.kind == "model"]
            model = used[-1] if used else None
        return Scope(self.program, model) if model is not None else None

    def _of_unit(self, unit: Unit) -> Iterator[Occurrence]:
        scope = self.scope_of_sections(unit)
        keys = Keys(scope)
        for item in unit.file.items:
            if isinstance(item, syntax.Definition):
                own = scope if scope is not None and scope.definition is item else Scope(self.program, item)
                yield from Body(own, keys).found()
            elif scope is not None and not isinstance(item, syntax.Use | syntax.Broken):
                yield from of_section(scope, keys, item)
