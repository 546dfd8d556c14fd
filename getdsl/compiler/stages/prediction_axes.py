"""What the axes of a prediction are: positions along a profile, tracks, or the two sides of a contact map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.stages.scales import LOG_SHARES, POSITIONS_FIRST

Movable = TypeVar("Movable", bound=Any)  # a tensor, of which this room knows no library
Kind = Literal["values", "profile", "contacts"]


@dataclass(frozen=True)
class Axes:
    """The axes behind B that are not 1, `kept`; where among them the tracks are, and where positions.

    `along` is the size of positions as the spec writes it.
    """

    kind: Kind
    kept: tuple[int, ...] = ()
    track: int | None = None
    along: str = ""

    def of(self, value: Movable) -> Movable:
        """[B, …] with the kept axes only, positions before tracks."""
        shown: Movable = value.reshape(value.shape[0], *(value.shape[axis] for axis in self.kept))
        moved: Movable = shown.movedim(1 + self.track, -1) if self.track is not None else shown
        return moved


def profile_axes(type: TensorType, loss: str) -> Axes | None:
    """Those of a prediction that is told to be of profiles; None where it cannot be."""
    axes = axes_of(type, loss)
    if len(axes.kept) == 1:
        return Axes("profile", axes.kept, along=str(type.shape[axes.kept[0]]))
    return axes if axes.kind == "profile" else None


def axes_of(type: TensorType, loss: str) -> Axes:
    """A size that the batch decides is of positions, one that the spec fixes of tracks.

    Of two fixed sizes the larger is of positions, unless the loss says that the first is.
    """
    dims = [(axis, dim) for axis, dim in enumerate(type.dims or ()) if axis and dim != Dim.of(1)]
    kept, sizes = tuple(axis for axis, _ in dims), [dim for _, dim in dims]
    match sizes:
        case [only]:
            if loss in LOG_SHARES or only.value is None:
                return Axes("profile", kept, along=str(only))
            return Axes("values", kept, track=0)
        case [first, second] if first == second:
            return Axes("contacts", kept, along=str(first))
        case [first, _] if loss in POSITIONS_FIRST:
            return Axes("profile", kept, 1, str(first))
        case [first, second]:
            track = _track(first, second)
            if track is not None:
                return Axes("profile", kept, track, str(sizes[1 - track]))
    return Axes("values", kept)


def _track(first: Dim, second: Dim) -> int | None:
    """Which of two axes is that of tracks."""
    if first.value is not None and second.value is not None:
        return 0 if first.value < second.value else 1
    if first.value is None and second.value is None:
        return None
    return 0 if first.value is not None else 1
