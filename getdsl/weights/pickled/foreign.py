"""What stands in for the objects of a pickle that are neither tensors nor plain containers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

MODULE = ("_parameters", "_buffers", "_modules")  # where a torch module keeps what it is made of


class Foreign:
    """A class, a function or an object that a pickle names: nothing behind the name is imported or called.

    A call of it, and an object made from it, is another stand-in. It keeps all that the pickle gives to it,
    as arguments, items or state, for tensors may lie there.
    """

    __slots__ = ("_content", "name")
    name: str
    _content: dict[Any, Any]

    def __new__(cls, *arguments: object, **named: object) -> Foreign:
        made = object.__new__(Foreign)  # and not `cls`: of a stand-in for a class, that is an object
        made.name = cls.name if isinstance(cls, Foreign) else str(arguments[0])
        made._content = dict(enumerate(arguments)) if isinstance(cls, Foreign) else {}
        return made

    def __call__(self, *arguments: object, **named: object) -> Foreign:
        made = Foreign(self.name)
        made.extend(arguments)
        return made

    def __setitem__(self, key: object, value: object) -> None:
        self._content[key] = value

    def __setstate__(self, state: object) -> None:
        for part in state if isinstance(state, tuple) else (state,):  # with slots: a pair of mappings
            if isinstance(part, dict):
                self._content |= part

    def append(self, value: object) -> None:
        self._content[len(self._content)] = value

    def extend(self, values: Iterable[object]) -> None:
        for value in values:
            self.append(value)

    def add(self, value: object) -> None:
        self.append(value)


def entries(value: object) -> Mapping[Any, Any] | None:
    """What is in a mapping, a list or a stand-in, of a module what its state dict has; None for all else."""
    if isinstance(value, Foreign):
        parts = parts_of(value)
        return value._content if parts is None else parts
    if isinstance(value, list | tuple):
        return dict(enumerate(value))
    return value if isinstance(value, Mapping) else None


def parts_of(value: object) -> Mapping[Any, Any] | None:
    """The parameters, lasting buffers and modules of a pickled torch module, by name; None for all else."""
    content = value._content if isinstance(value, Foreign) else {}
    parameters, buffers, modules = (content.get(name) for name in MODULE)
    if not (isinstance(parameters, dict) and isinstance(buffers, dict) and isinstance(modules, dict)):
        return None
    passing = content.get("_non_persistent_buffers_set", ())
    lasting = {name: value for name, value in buffers.items() if name not in passing}
    whole = parameters | lasting | modules
    return whole if len(whole) == len(parameters) + len(lasting) + len(modules) else None
