"""Families: the modules of a file or a model that have one path but for their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Steps = tuple[str, ...]
Shape = tuple[int, ...]
Unit = tuple[tuple[str, Shape], ...]  # a module's own tensors
Signature = tuple[tuple[Steps, Unit], ...]  # a family's units by their numbers


@dataclass(frozen=True)
class Family:
    """Modules of one path but for their numbers."""

    steps: Steps
    position: int  # of its first tensor in the file or in the model
    signature: Signature

    def __str__(self) -> str:
        return ".".join(self.steps) or "the top"

    @property
    def units(self) -> frozenset[Unit]:
        return frozenset(unit for _, unit in self.signature)

    @property
    def keys(self) -> list[str]:
        """The family's tensors, in the same order for every family of its signature."""
        return [_path(self.steps, numbers, leaf) for numbers, unit in self.signature for leaf, _ in unit]

    @property
    def members(self) -> list[Family]:
        """Each module by itself, its numbers written out."""
        if len(self.signature) == 1 and "*" not in self.steps:
            return [self]
        return [
            Family(tuple(_path(self.steps, numbers, "").split(".")[:-1]), self.position, (((), unit),))
            for numbers, unit in self.signature
        ]

    @property
    def trunk(self) -> str:
        """The path up to its last `*`: what is said of one norm of the blocks is said of the blocks."""
        found = re.match(r".*\*", str(self))
        return found[0] if found else str(self)


def _path(steps: Steps, numbers: Steps, leaf: str) -> str:
    waiting = iter(numbers)
    return ".".join([*(next(waiting) if step == "*" else step for step in steps), leaf])


def families(tensors: Mapping[str, Shape], order: Iterable[str]) -> list[Family]:
    """The families of some tensors, in order."""
    positions = {name: position for position, name in enumerate(order)}
    modules: dict[Steps, dict[str, Shape]] = {}
    for name, shape in tensors.items():
        *parent, leaf = name.split(".")
        modules.setdefault(tuple(parent), {})[leaf] = shape
    found: dict[Steps, list[tuple[Steps, Unit]]] = {}
    first: dict[Steps, int] = {}
    for parent_steps, unit in modules.items():
        steps = tuple("*" if step.isdigit() else step for step in parent_steps)
        numbers = tuple(step for step in parent_steps if step.isdigit())
        found.setdefault(steps, []).append((numbers, tuple(sorted(unit.items()))))
        position = min(positions[".".join((*parent_steps, leaf))] for leaf in unit)
        first[steps] = min(first.get(steps, position), position)
    return [Family(steps, first[steps], tuple(sorted(units))) for steps, units in found.items()]
