"""Settings that are set from outside: `--set train.epochs=3`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from getdsl.compiler.constants.constant import Constant
from getdsl.compiler.constants.overrides import Override, Overrides
from getdsl.compiler.sections.schema import Schema
from getdsl.compiler.sections.settings import CALLED, Places


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
    known = rules.get("properties", {})
    if rules.get("format") == "source" or steps[0] not in known or not isinstance(value, dict):
        return False
    if len(steps) == 1:
        value[steps[0]] = override.value
        return True
    return _put(value.setdefault(steps[0], {}), steps[1:], known[steps[0]], override)


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
