"""A model as a picture, as plain data: boxes with ports, edges between ports, boxes inside boxes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from getdsl.compiler.cost.cost import Line

BoxKind = Literal["input", "parameter", "block", "head", "operation", "repeat", "output"]
BORDER = ""  # an end of an edge that is a port of the box around it


@dataclass(frozen=True)
class Port:
    """Where a tensor enters or leaves a box, with its type as text."""

    name: str
    type: str


@dataclass(frozen=True)
class Weights:
    """The tensors under a box, buffers apart, and how many of them the spec treats how.

    `files` are those that `load` names for them. Nothing is read of the files: `getdsl plan` does that.
    """

    tensors: int = 0
    size: int = 0
    trainable: int = 0
    frozen: int = 0
    loaded: int = 0
    adapted: int = 0
    files: tuple[str, ...] = ()

    def __add__(self, other: Weights) -> Weights:
        return Weights(
            self.tensors + other.tensors,
            self.size + other.size,
            self.trainable + other.trainable,
            self.frozen + other.frozen,
            self.loaded + other.loaded,
            self.adapted + other.adapted,
            tuple(dict.fromkeys((*self.files, *other.files))),
        )

    @property
    def states(self) -> dict[str, bool]:
        """Which of `frozen`, `loaded`, `adapted` it is, and whether wholly."""
        counts = {"frozen": self.frozen, "loaded": self.loaded, "adapted": self.adapted}
        return {name: count == self.tensors for name, count in counts.items() if count}


class End(NamedTuple):
    """One end of an edge: a port of a box, or of the box around both."""

    box: str
    port: str


@dataclass(frozen=True)
class Edge:
    source: End
    target: End
    type: str


@dataclass(frozen=True)
class Box:
    """A step of the model.

    `id` is its path of nodes, `name` the last of it. `shares` is the box whose weights it applies again;
    they count there. A `repeat` stands for a loop, `times` round, whose steps are inside.
    """

    id: str
    name: str
    kind: BoxKind
    what: str
    takes: tuple[Port, ...] = ()
    gives: tuple[Port, ...] = ()
    arguments: Mapping[str, str] = field(default_factory=dict)
    doc: str = ""
    place: str = ""
    code: str = ""
    weights: Weights = Weights()
    cost: Line | None = None
    shares: str = ""
    times: int = 1
    inside: Inside | None = None


@dataclass(frozen=True)
class Inside:
    """What a box, or the page, holds."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]

    def walk(self) -> Iterator[Box]:
        """All boxes, outer before inner."""
        for box in self.boxes:
            yield box
            if box.inside is not None:
                yield from box.inside.walk()


@dataclass(frozen=True)
class Picture:
    """A whole model; `figures` are its totals as text."""

    title: str
    doc: str
    file: str
    inside: Inside
    figures: Mapping[str, str]
