"""What a file holds, level by level: names, tensors, and what is neither."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, Union

from getdsl.formats.checkpoint_header import TensorInfo

Steps = tuple[Hashable, ...]
Tree: TypeAlias = Mapping[Hashable, Union[TensorInfo, "Tree", None]]  # None: anything but tensors


class Parts(dict[Hashable, Union[TensorInfo, "Tree", None]]):
    """What a module is made of: all names below it are those of one state dict."""


@dataclass(frozen=True)
class Found:
    """A tensor of a level: its name there, and the way to it inside the file."""

    name: str
    steps: Steps
    info: TensorInfo


@dataclass(frozen=True)
class Level:
    """A place inside a file: what is there, the way to it, and what was left beside the way.

    `start`: only tensors whose names begin so count, and their names go on after it.
    """

    content: Tree
    steps: Steps = ()
    taken: tuple[str, ...] = ()  # the way as messages name it
    ignored: tuple[str, ...] = ()
    start: str = ""

    def into(self, name: str) -> Level:
        inner = self.content[name]
        assert isinstance(inner, Mapping)
        beside = (text_of(other) for other in self.content if other != name)
        return Level(inner, (*self.steps, name), (*self.taken, name), (*self.ignored, *beside))

    def beginning(self, prefix: str) -> Level:
        """The tensors whose names go on from `prefix`, in a level that is flat."""
        start = f"{prefix}."
        others = (name for name in map(text_of, self.content) if not name.startswith(start))
        beside = dict.fromkeys(f"{name.partition('.')[0]}.*" if "." in name else name for name in others)
        return Level(self.content, self.steps, (*self.taken, prefix), (*self.ignored, *beside), start)

    def tensors(self) -> Iterator[Found]:
        for steps, info in leaves(self.content):
            name = ".".join(map(text_of, steps))
            if name.startswith(self.start):
                yield Found(name.removeprefix(self.start), (*self.steps, *steps), info)


def leaves(level: Tree) -> Iterator[tuple[Steps, TensorInfo]]:
    """Every tensor with the way to it."""
    for name, value in level.items():
        if isinstance(value, TensorInfo):
            yield (name,), value
        elif value is not None:
            for steps, inner in leaves(value):
                yield (name, *steps), inner


def holds_tensors(value: TensorInfo | Tree | None) -> bool:
    if isinstance(value, Mapping):
        return next(leaves(value), None) is not None
    return value is not None


def text_of(key: Hashable) -> str:
    """A key as a text: numbers and pairs can be keys as well, and objects of the file's own."""
    if isinstance(key, tuple):
        return f"({', '.join(map(text_of, key))})"
    named = getattr(key, "name", None)
    return named if isinstance(named, str) else str(key)


def listed(level: Tree) -> str:
    """What is in a level, for a message."""
    names = [f"`{text_of(name)}`" for name in level]
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
