"""Validated values to the types that the sections declare."""

from __future__ import annotations

from collections.abc import Collection

from getdsl.compiler.sections.declare import Table, settings_of
from getdsl.compiler.sections.kinds import is_table, items_of, kind_of, rows_of

NOTHING = object()  # what has no typed value, because of what was reported


def typed(value: object, annotation: object, wrong: Collection[str] = ()) -> object:
    """The value as its declaration has it, without the settings that are `wrong`.

    NOTHING where a setting that must be given is wrong or absent.
    """
    kind = kind_of(annotation)
    choice = kind.choices.get(str(value.get("name"))) if isinstance(value, dict) else None
    table = choice or kind.bare
    if is_table(table):
        return _table(value, table, wrong)
    if (listed := items_of(kind.bare)) is not None and isinstance(value, list):
        return tuple(typed(item, listed[0]) for item in value)
    if (row := rows_of(kind.bare)) is not None and isinstance(value, dict):
        return {name: typed(item, row) for name, item in value.items()}
    return value


def _table(value: object, table: type[Table], wrong: Collection[str]) -> object:
    if not isinstance(value, dict):
        return NOTHING
    found = {
        name: typed(value[name], annotation)
        for name, annotation in settings_of(table).items()
        if name in value and name not in wrong
    }
    right = {name: item for name, item in found.items() if item is not NOTHING}
    needed = {name for name in settings_of(table) if not hasattr(table, name)}
    return table(**right) if needed <= right.keys() else NOTHING
