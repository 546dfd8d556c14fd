"""Values that only stand for themselves."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Marker:
    """A value that only stands for itself."""

    name: str


POISON = Marker("poison")  # the result of what was already reported
ABSENT = Marker("absent")  # an optional input that is not given
BATCH = Marker("batch")  # the raw batch
ELLIPSIS = Marker("...")


def contains_poison(value: object) -> bool:
    if isinstance(value, list | tuple):
        return any(contains_poison(item) for item in value)
    if isinstance(value, dict):
        return any(contains_poison(item) for item in value.values())
    return value is POISON
