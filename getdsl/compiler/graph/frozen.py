"""A mapping that stays as it was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NoReturn, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class FrozenDict(dict[K, V]):
    """A dict that refuses to be changed: read at a dict's speed, pickled and copied as one."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise TypeError("what a graph holds does not change; make another with `dataclasses.replace`")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[FrozenDict[K, V]], tuple[dict[K, V]]]:
        return FrozenDict, (dict(self),)

    def __copy__(self) -> FrozenDict[K, V]:
        return self


def frozen(items: Mapping[K, V]) -> FrozenDict[K, V]:
    """The mapping as it is now, whatever becomes of the one given."""
    return items if isinstance(items, FrozenDict) else FrozenDict(items)


def freeze(item: object, *names: str) -> None:
    """Makes mappings of a new object its own, before anybody sees it."""
    for name in names:
        object.__setattr__(item, name, frozen(getattr(item, name)))
