"""Settings that are set from outside: `--set train.epochs=3`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from getdsl.compiler.constants.constant import Constant
from getdsl.compiler.constants.overrides import Override, Overrides
from getdsl.compiler.sections.schema import Schema
from getdsl.compiler.sections.settings import CALLED, Places

INSTEAD = {"epochs": "steps", "steps": "epochs"}
"""Settings that stand in each other's place: which one is set from outside replaces what the file has."""


def set_from_outside(
    value: Constant, prefix: str, rules: Schema, places: Places, overrides: Overrides
) -> None:
    """Puts what is set below `prefix` into the values of a section.

    Names that the schema does not know stay unused, and so are reported.
    """
    for name, override in overrides.under(prefix).items():
        steps = name.split(".")
        if _put(value, steps, rules, override):
            if override.span is not None:
                places.note(tuple(steps), override.span)
                places.note((*steps, ""), override.span)
            overrides.used.add(override.path)


def _put(value: Constant, steps: Sequence[str], rules: Schema, override: Override) -> bool:
    """Whether the steps lead to a setting, which then has the override's value."""
    rules = _rules_of(value, rules)
    if rules.get("format") == "source" or not isinstance(value, dict):
        return False
    inner = _rules_at(value, steps[0], rules)
    if inner is None:
        return False
    if len(steps) == 1:
        if INSTEAD.get(steps[0]) in rules.get("properties", {}):
            value.pop(INSTEAD[steps[0]], None)
        if steps[0] in rules.get("positional", []):
            value.pop(f"#{rules['positional'].index(steps[0])}", None)
        value[steps[0]] = override.value
        return True
    return _put(value.setdefault(steps[0], {}), steps[1:], inner, override)


def _rules_at(value: Mapping[str, Constant], name: str, rules: Schema) -> Schema | None:
    """The rules of a setting, or of a row that the file has in a table of tables; None of anything else."""
    rows = rules.get("additionalProperties")
    if isinstance(rows, dict) and "properties" in rows and name in value:
        return rows
    return rules.get("properties", {}).get(name)


def _rules_of(value: Constant, rules: Schema) -> Schema:
    """The rules of a value's settings; of a call, those of what is called."""
    if "calls" not in rules or not isinstance(value, dict):
        return rules
    return rules["calls"].get(str(value.get(CALLED, value.get("name"))), {})


def paths_to_set(value: Constant, prefix: str, rules: Schema) -> Iterator[str]:
    """Every path that could be set below a section, for suggestions."""
    for name, inner in _rules_of(value, rules).get("properties", {}).items():
        yield f"{prefix}{name}"
        yield from (f"{prefix}{name}.{nested}" for nested in inner.get("properties", {}))
        rows, there = inner.get("additionalProperties"), value.get(name) if isinstance(value, dict) else None
        if isinstance(rows, dict) and isinstance(there, dict):
            for row, item in there.items():
                yield from paths_to_set(item, f"{prefix}{name}.{row}.", rows)
