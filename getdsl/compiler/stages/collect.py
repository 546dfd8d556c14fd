"""The terms of a spec: those of its sections over those of its parents'."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from getdsl.compiler.extend import lineage
from getdsl.compiler.program import Program, Unit
from getdsl.diagnostics.mistakes import names, terms
from getdsl.diagnostics.mistakes import sections as wrong_sections
from getdsl.grammar import syntax

Settings = dict[str, syntax.Setting]
Sections = Mapping[str, Sequence["syntax.Section | syntax.Setting"]]


def sections_of(sections: Sections, keyword: str) -> list[syntax.Section]:
    return [item for item in sections.get(keyword, ()) if isinstance(item, syntax.Section)]


def collect(program: Program, sections: Sequence[syntax.Section], parents: Settings) -> Settings:
    """The terms of sections over those of the parents, less what they remove."""
    found = dict(parents)
    own: Settings = {}
    for entry in (entry for section in sections for entry in section.entries):
        match entry:
            case syntax.Remove():
                if found.pop(entry.name, None) is None:
                    program.diagnostics.add(names.parent_lacks_term(entry.name, entry.name_span, parents))
            case syntax.Setting() if entry.name in own:
                first, both = own[entry.name].name_span, (entry.span, own[entry.name].span)
                program.diagnostics.add(wrong_sections.term_twice(entry.name, entry.name_span, first, both))
            case syntax.Setting():
                own[entry.name] = entry
            case syntax.Broken():  # it would have taken the place of a parent's
                found = {name: term for name, term in found.items() if name not in entry.names}
            case syntax.Rule() | syntax.Section():
                program.diagnostics.add(terms.no_term(entry.span))
    return found | own


def inherited(sections: Iterable[syntax.Section]) -> Settings:
    """The terms of the parents' sections, the nearest last."""
    found: Settings = {}
    for section in sections:
        gone = {entry.name for entry in section.entries if isinstance(entry, syntax.Remove)}
        own = {entry.name: entry for entry in section.entries if isinstance(entry, syntax.Setting)}
        found = {name: entry for name, entry in found.items() if name not in gone} | own
    return found


def parents(program: Program, keyword: str, model: syntax.Definition) -> Iterator[syntax.Section]:
    """The `loss` or `metrics` of the parents, the nearest last."""
    chain = lineage(program, model) or [model]
    for ancestor in reversed(chain):  # the model itself too, where it stands in a used file
        unit = program.unit_of(ancestor)
        if unit is not None and unit is not program.unit and unit.last_model() is ancestor:
            sections = sections_of({keyword: unit.sections()}, keyword)
            yield from (section for section in sections if section.keyword == keyword)


def broken_terms(unit: Unit, loss: Sequence[syntax.Section], metrics: Sequence[syntax.Section]) -> set[str]:
    """Terms of the loss that could not be parsed; all that are measured where the section could not."""
    entries = [entry for section in loss for entry in section.entries]
    broken = {name for entry in entries if isinstance(entry, syntax.Broken) for name in entry.names}
    whole = [item for item in unit.file.items if isinstance(item, syntax.Broken)]
    if any(item.span.text.startswith("loss") for item in whole):
        measured = [entry for section in metrics for entry in section.entries]
        broken.update(entry.name for entry in measured if isinstance(entry, syntax.Setting | syntax.Remove))
    return broken
