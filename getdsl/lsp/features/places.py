"""Where a name is defined, and where else it stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from getdsl.compiler.program import locate
from getdsl.grammar import syntax
from getdsl.lsp.analysis import Analysis
from getdsl.lsp.names import Entity, Occurrence
from getdsl.lsp.names.scopes import Declaration
from getdsl.text.source import Span

Identity = tuple[str, str, int, str]


def definition(analysis: Analysis, offset: int) -> list[Span]:
    """Where what is named at a place is defined: the nearest binding above of a name that has several."""
    opened = _used_file(analysis, offset)
    if opened is not None:
        return [opened]
    here = analysis.index.at(analysis.source, offset)
    if here is None:
        return []
    owner = here.entity.owner
    if here.entity.kind == "definition" and isinstance(owner, syntax.Definition):
        return [owner.name_span]
    defining = [item for item in analysis.index.of(here.entity) if item.defines]
    if not defining:
        return _in_library(here.entity)
    above = [item.span for item in defining if _is_above(item, here)]
    return above[-1:] or [defining[0].span]


def _is_above(defining: Occurrence, here: Occurrence) -> bool:
    """Whether a name has its value from there: `x` in `x = relu(x)` has it from another statement."""
    if defining.span.file is not here.span.file:
        return False
    whole = defining.node.span
    return defining.span == here.span or (whole.end <= here.span.start or defining.entity.kind == "variable")


def _used_file(analysis: Analysis, offset: int) -> Span | None:
    """The beginning of the file that a `use` names."""
    for item in analysis.unit.file.items:
        if isinstance(item, syntax.Use) and item.span.start <= offset <= item.span.end:
            path = locate(item.path, analysis.source.path)
            for unit in analysis.program.units.values():
                source = unit.file.source
                if source.path is not None and source.path == path:
                    return Span(source, 0, 0)
    return None


def _in_library(entity: Entity) -> list[Span]:
    """A param, an input or an output in a face of the library, which is no file of the program."""
    if entity.owner is None:
        return []
    for node in syntax.walk(entity.owner):
        if isinstance(node, Declaration) and node.name == entity.name:
            return [node.name_span]
    return []


def identity(entity: Entity) -> Identity:
    """The same for what several programs have read of one file."""
    owner = entity.owner
    if owner is None:
        return entity.kind, "", 0, entity.name
    source = owner.span.file
    return entity.kind, str(source.path or source.name), owner.span.start, entity.name


def references(analyses: Iterable[Analysis], entity: Entity) -> list[Occurrence]:
    """Every place that names an entity in the programs, each once."""
    found: dict[tuple[str, int], Occurrence] = {}
    for analysis in analyses:
        for item in _same(analysis, entity):
            source = item.span.file
            found.setdefault((str(source.path or source.name), item.span.start), item)
    return list(found.values())


def _same(analysis: Analysis, entity: Entity) -> Iterator[Occurrence]:
    wanted = identity(entity)
    for other in analysis.index.by_entity:
        if other.name == entity.name and identity(other) == wanted:
            yield from analysis.index.of(other)


def highlights(analysis: Analysis, offset: int) -> list[Occurrence]:
    """The places of this document that name what is named here."""
    here = analysis.index.at(analysis.source, offset)
    if here is None:
        return []
    return [item for item in analysis.index.of(here.entity) if item.span.file is analysis.source]
