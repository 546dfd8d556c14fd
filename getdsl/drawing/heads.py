"""The heads of a model: blocks with weights behind which there are no others."""

from __future__ import annotations

from dataclasses import replace

from getdsl.drawing.picture import Box, Inside


def with_heads(inside: Inside) -> Inside:
    """The same boxes, of which those before an output and behind all others with weights are heads."""
    before = _before_weights(inside)
    boxes = tuple(replace(box, kind="head") if _is_head(box, before) else box for box in inside.boxes)
    return replace(inside, boxes=boxes)


def _is_head(box: Box, before: set[str]) -> bool:
    return box.kind == "block" and box.weights.size > 0 and box.id not in before


def _before_weights(inside: Inside) -> set[str]:
    """The boxes from which one with weights is reached."""
    readers: dict[str, set[str]] = {}
    for edge in inside.edges:
        readers.setdefault(edge.source.box, set()).add(edge.target.box)
    found: set[str] = set()
    for box in reversed(inside.boxes):  # each stands after what it reads
        weighted = {other.id for other in inside.boxes if other.weights.size or other.shares}
        if any(reader in found or reader in weighted for reader in readers.get(box.id, ())):
            found.add(box.id)
    return found
