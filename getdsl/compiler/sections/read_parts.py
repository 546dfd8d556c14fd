"""The optimizers of parts, read, set from outside and validated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from getdsl.compiler.constants.constant import Constant
from getdsl.compiler.constants.markers import contains_poison
from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.sections.declared import SECTIONS
from getdsl.compiler.sections.part_optimizer import Clauses
from getdsl.compiler.sections.read import Reader
from getdsl.compiler.sections.read_sections import read_settings
from getdsl.compiler.sections.schema import schema_of
from getdsl.compiler.sections.settings import Places, Settings
from getdsl.compiler.sections.validate import Validator
from getdsl.diagnostics import Diagnostic, Diagnostics
from getdsl.diagnostics.mistakes import optimizers as mistakes
from getdsl.diagnostics.mistakes import sections as wrong_sections
from getdsl.grammar import syntax

WORD = "optimizer"  # the section that parts may have one of each
UNNAMED = {"on": mistakes.no_weights_named, "minimises": mistakes.no_terms_named}


class PartSettings(NamedTuple):
    """The optimizer of a part as plain values: its call, and the words behind it."""

    name: str
    call: Settings
    clauses: Settings


def read_parts(
    items: Iterable[syntax.PartSetting],
    overrides: Overrides,
    params: Mapping[str, Constant],
    diagnostics: Diagnostics,
) -> tuple[PartSettings, ...]:
    """Those that are whole in the order of the file; the others are reported."""
    found: dict[str, PartSettings] = {}
    for item in items:
        if item.setting.name != WORD:
            diagnostics.add(_of_no_part(item))
        elif item.name in found:
            first = found[item.name].clauses.span
            diagnostics.add(mistakes.two_of_one_name(item.name, item.name_span, first))
        else:
            found[item.name] = _read(item, overrides, params, diagnostics)
    return tuple(found.values())


def _of_no_part(item: syntax.PartSetting) -> Diagnostic:
    word, place = item.setting.name, item.setting.name_span
    if word in SECTIONS:
        return mistakes.of_no_part(SECTIONS[word].written, word, place)
    return wrong_sections.no_such_section(word, place, SECTIONS)


def _read(
    item: syntax.PartSetting, overrides: Overrides, params: Mapping[str, Constant], diagnostics: Diagnostics
) -> PartSettings:
    prefix, places = f"{WORD}.{item.name}.", Places(item.name_span)
    call = read_settings(item.setting, overrides, params, diagnostics, prefix)
    reader = Reader(WORD, places, params, diagnostics)
    written = {"on": item.on, "minimises": item.minimises, "every": item.every}
    given = {word: reader.value(expr, (word,)) for word, expr in written.items() if expr is not None}
    value = reader.readable({word: _listed(word, said) for word, said in given.items()})
    rules = schema_of(Clauses)
    if overrides.items:
        from getdsl.compiler.sections.outside import paths_to_set, set_from_outside

        set_from_outside(value, prefix, rules, places, overrides)
        overrides.known.update(paths_to_set(value, prefix, rules))
    absent = [word for word in UNNAMED if word not in {*value, *reader.broken}]
    for word in absent:
        diagnostics.add(UNNAMED[word](item.name, item.name_span))
    validator = Validator(WORD, places, [*reader.broken, *absent], diagnostics)
    visited = validator.visit(value, rules)
    broken, wrong = frozenset(reader.broken), frozenset(reader.broken | validator.wrong)
    clauses = Settings(WORD, item.name_span, visited, places.spans, broken=broken, wrong=wrong)
    return PartSettings(item.name, call, clauses)


def _listed(word: str, value: Constant) -> Constant:
    """One name is a list of one."""
    single = word != "every" and not isinstance(value, list) and not contains_poison(value)
    return [value] if single else value
