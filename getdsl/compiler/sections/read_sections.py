"""A section of a file, read, set from outside and validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from getdsl.compiler.constants.constant import Constant
from getdsl.compiler.constants.overrides import Overrides
from getdsl.compiler.sections.declared import SECTIONS, schema
from getdsl.compiler.sections.find import Item, name_of
from getdsl.compiler.sections.read import Reader
from getdsl.compiler.sections.settings import Places, Settings
from getdsl.compiler.sections.validate import Validator
from getdsl.diagnostics import Diagnostics
from getdsl.diagnostics.mistakes import names
from getdsl.diagnostics.mistakes import sections as mistakes
from getdsl.grammar import syntax


def read_sections(
    sections: Mapping[str, list[Item]],
    overrides: Overrides,
    params: Mapping[str, Constant],
    diagnostics: Diagnostics,
) -> tuple[dict[str, Settings], tuple[Settings, ...]]:
    """The settings of all sections by keyword, and those of each `load`; what is wrong with them is reported.

    `params` are the model's, which settings may name.
    """
    found = {
        keyword: read_settings(items[0], overrides, params, diagnostics)
        for keyword, items in sections.items()
        if keyword != "load" and not SECTIONS[keyword].terms
    }
    loads = enumerate(sections.get("load", ()))
    return found, tuple(_read_load(number, item, overrides, params, diagnostics) for number, item in loads)


def read_settings(
    item: Item,
    overrides: Overrides,
    params: Mapping[str, Constant],
    diagnostics: Diagnostics,
    prefix: str | None = None,
) -> Settings:
    """A section's settings, over which go those that are set from outside under `prefix`."""
    keyword, place = name_of(item)
    prefix = prefix or f"{keyword}."
    places = Places(place)
    reader = Reader(keyword, places, params, diagnostics)
    value: Constant
    if isinstance(item, syntax.Section):
        value = {**reader.entries(item.entries, ()), **reader.tables_of_rules()}
    else:
        value = reader.entry(item, ())
    rules = schema(keyword)
    if overrides.items:
        from getdsl.compiler.sections.outside import paths_to_set, set_from_outside

        set_from_outside(value, prefix, rules, places, overrides)
        overrides.known.update(paths_to_set(value, prefix, rules))
    validator = Validator(keyword, places, reader.broken, diagnostics)
    return Settings(
        keyword,
        place,
        validator.visit(value, rules),
        places.spans,
        reader.rules,
        item.label if isinstance(item, syntax.Section) else None,
        item.label_span if isinstance(item, syntax.Section) else None,
        frozenset(reader.broken),
        frozenset(reader.broken | validator.wrong),
    )


def _read_load(
    number: int,
    item: Item,
    overrides: Overrides,
    params: Mapping[str, Constant],
    diagnostics: Diagnostics,
) -> Settings:
    load = read_settings(item, overrides, params, diagnostics, f"load.{number}.")
    if load.label is None or load.label_span is None:
        diagnostics.add(mistakes.load_of_nothing(load.span))
        return load
    if load.label_span.text.startswith('"'):
        return load
    return replace(load, label=_path_of(load.label, load, params, diagnostics))


def _path_of(name: str, load: Settings, params: Mapping[str, Constant], diagnostics: Diagnostics) -> str:
    """`load checkpoint { … }`: a bare name is a param that holds the path; empty after a report."""
    value = params.get(name)
    if isinstance(value, str):
        return value
    texts = [name for name, value in params.items() if isinstance(value, str)]
    diagnostics.add(names.no_param_with_a_path(name, load.label_span or load.span, texts))
    return ""
