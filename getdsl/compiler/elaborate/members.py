"""Families of a name, `h[0]`, `h[1]`, …, where the list or the table of them is wanted."""

from __future__ import annotations

from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.frame import Frame
from getdsl.compiler.elaborate.values import Family, Value
from getdsl.diagnostics.mistakes import names
from getdsl.text.source import Span


def plain(frame: Frame, value: Value, place: Span) -> Value:
    """A family as the list of its items, or the table of those with names; any other value as it is.

    POISON, after a report, where a number is missing.
    """
    if not isinstance(value, Family):
        return value
    if value.name in frame.scope.broken:
        return POISON
    items = {key: plain(frame, item, place) for key, item in value.items.items()}
    if POISON in items.values():
        return POISON
    numbers = [key for key in items if isinstance(key, int)]
    if not numbers:
        return {str(key): item for key, item in items.items()}
    missing = next((number for number in range(len(numbers)) if number not in items), None)
    if missing is not None:
        return frame.wrong(names.family_with_hole(value.name, missing, place, sorted(numbers)))
    return [items[number] for number in range(len(numbers))]


def listed(frame: Frame, value: Value, place: Span) -> Value:
    """As `plain`, and a family with names is the list of its items, in the order that they were bound in."""
    found = plain(frame, value, place)
    return [*found.values()] if isinstance(value, Family) and isinstance(found, dict) else found
