"""What stands in for the objects of a trusted pickle that are neither tensors nor plain containers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Foreign:
    """A class, a function or an object that a pickle names: nothing behind the name is imported or called.

    A call of it, and an object made from it, is another stand-in. It keeps what the pickle puts into it as
    items or as state, for tensors may lie there; the rest is let go.
    """

    __slots__ = ("_content", "name")
    name: str
    _content: dict[Any, Any]

    def __new__(cls, *arguments: object, **named: object) -> Foreign:
        made = object.__new__(Foreign)  # and not `cls`: of a stand-in for a class, that is an object
        made._content = {}
        made.name = cls.name if isinstance(cls, Foreign) else str(arguments[0])
        return made

    def __call__(self, *arguments: object, **named: object) -> Foreign:
        return Foreign(self.name)

    def __setitem__(self, key: object, value: object) -> None:
        self._content[key] = value

    def __setstate__(self, state: object) -> None:
        for part in state if isinstance(state, tuple) else (state,):  # with slots: a pair of mappings
            if isinstance(part, dict):
                self._content |= part

    def append(self, value: object) -> None: ...

    def extend(self, values: object) -> None: ...

    def add(self, value: object) -> None: ...


def entries(value: object) -> Mapping[Any, Any] | None:
    """What is in a mapping, or in a stand-in; None for all else."""
    if isinstance(value, Foreign):
        return value._content
    return value if isinstance(value, Mapping) else None
