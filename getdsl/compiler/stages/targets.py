"""Targets that `loss` declares: types of batch keys that nothing else tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from getdsl.compiler.elaborate.declared_data import Data
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.open_frames import declared_inputs
from getdsl.compiler.elaborate.written_types import read_pattern
from getdsl.compiler.graph.types import TensorType
from getdsl.diagnostics.mistakes import terms as mistakes
from getdsl.grammar import syntax

WORD = "target"
Targets = Mapping[str, tuple[TensorType, syntax.Declared]]


def read_targets(
    engine: Engine,
    model: Frame,
    data: Data | None,
    parents: Iterable[syntax.Section],
    own: Sequence[syntax.Section],
) -> Targets:
    """The declared targets by name, those of the spec over its parents'."""
    found: dict[str, syntax.Declared] = {
        entry.name: entry for section in parents for entry in _declared(section) if entry.word == WORD
    }
    first: dict[str, syntax.Declared] = {}
    for entry in (entry for section in own for entry in _declared(section)):
        if entry.word != WORD:
            model.wrong(mistakes.no_declaration(entry.word, entry.word_span))
        elif entry.name in first:
            earlier, both = first[entry.name].name_span, (entry.span, first[entry.name].span)
            model.wrong(mistakes.target_twice(entry.name, entry.name_span, earlier, both))
        else:
            first[entry.name] = entry
    types = {name: _type(engine, model, data, entry) for name, entry in (found | first).items()}
    return {name: (type, (found | first)[name]) for name, type in types.items() if type is not None}


def refuse_elsewhere(model: Frame, sections: Iterable[syntax.Section]) -> None:
    """Reports targets that `metrics` declares."""
    for section in sections:
        for entry in _declared(section):
            model.wrong(mistakes.target_out_of_place(entry.span))


def report_unread(model: Frame, targets: Targets, read: Iterable[str]) -> None:
    unread = targets.keys() - set(read)
    for name, (_, entry) in targets.items():
        if name in unread:
            model.wrong(mistakes.target_unread(name, entry.name_span))


def _declared(section: syntax.Section) -> list[syntax.Declared]:
    return [entry for entry in section.entries if isinstance(entry, syntax.Declared)]


def _type(engine: Engine, model: Frame, data: Data | None, entry: syntax.Declared) -> TensorType | None:
    """The type of a target, whose sizes are the model's; None after a report."""
    if entry.name in declared_inputs(model):
        model.wrong(mistakes.target_is_input(entry.name, entry.name_span))
        return None
    pattern = read_pattern(engine, model, entry.type, new_symbols=False)
    if pattern is None:
        return None
    if pattern.lead:
        model.wrong(mistakes.open_target(entry.name, entry.type.span))
        return None
    type = pattern.type()
    given = data.outputs.get(entry.name) if data is not None else None
    wanted = type.substitute(data.sizes) if data is not None else type
    if data is not None and given is not None and _differ(wanted, given):
        model.wrong(mistakes.target_unlike_data(entry.name, type, data.name, given, entry.type.span))
        return None
    return type


def _differ(one: TensorType, other: TensorType) -> bool:
    return other.dims is not None and (one.dims, one.dtype) != (other.dims, other.dtype)
