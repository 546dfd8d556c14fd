"""A picture in which only opened boxes have something inside, as the textual formats write it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from getdsl.drawing.picture import BORDER, Box, End, Inside, Picture


@dataclass(frozen=True)
class Arrow:
    """From one shown thing to another; each is named by its box, a way (`in`, `out`, or none) and a port."""

    source: tuple[str, str, str]
    target: tuple[str, str, str]
    type: str


def arrows(picture: Picture, opened: Collection[str]) -> Iterator[Arrow]:
    """The edges that are seen: those of an opened box end at its ports."""
    yield from _arrows(picture.inside, opened, "")


def is_open(box: Box, opened: Collection[str]) -> bool:
    return box.inside is not None and box.id in opened


def _arrows(inside: Inside, opened: Collection[str], owner: str) -> Iterator[Arrow]:
    ports = {box.id for box in inside.boxes if is_open(box, opened)}
    for edge in inside.edges:
        source = _end(edge.source, owner, "in", "out", ports)
        target = _end(edge.target, owner, "out", "in", ports)
        yield Arrow(source, target, edge.type)
    for box in inside.boxes:
        if box.inside is not None and box.id in opened:
            yield from _arrows(box.inside, opened, box.id)


def _end(end: End, owner: str, at_border: str, at_box: str, ports: Collection[str]) -> tuple[str, str, str]:
    if end.box == BORDER:
        return owner, at_border, end.port
    return (end.box, at_box, end.port) if end.box in ports else (end.box, "", "")
