"""Which boxes of a picture are shown open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from getdsl.diagnostics import UserError, suggestion_or_list
from getdsl.drawing.picture import Inside, Picture


def opened(picture: Picture, depth: int = 1, names: Iterable[str] = ()) -> frozenset[str]:
    """The boxes down to `depth` levels of blocks and loops, 1 for none, and those named with all around them.

    Raises UserError for a depth below 1, and for a name that no box with something inside has.
    """
    if depth < 1:
        raise UserError(f"a picture is at least 1 level deep, not {depth}", "1 shows all blocks folded")
    around = dict(_around(picture.inside, ()))
    found = {id for id, outer in around.items() if len(outer) < depth - 1}
    for name in names:
        if name not in around:
            raise UserError(
                f"`{name}` is no box of {picture.title} that opens",
                suggestion_or_list(name, around, "those that open"),
            )
        found |= {name, *around[name]}
    return frozenset(found)


def _around(inside: Inside, outer: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each box that opens, with the boxes around it."""
    for box in inside.boxes:
        if box.inside is not None and box.inside.boxes:
            yield box.id, outer
            yield from _around(box.inside, (*outer, box.id))
