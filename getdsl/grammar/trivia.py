"""Which statement each comment belongs to, so that who moves a statement takes its comments along."""

from __future__ import annotations

from bisect import bisect_right
from typing import Literal

from getdsl.grammar import syntax
from getdsl.grammar.comments import Comment
from getdsl.grammar.node import Node, children, node

Place = Literal["leading", "trailing", "opening", "closing", "inside"]


@node
class Attached(Node):
    """A comment with its owner: a statement, an entry of a section or an item in brackets, None for the file.

    It stands on lines above its owner (`leading`), behind it on its last line (`trailing`), behind the
    bracket that opens it (`opening`), above the one that closes it (`closing`), or in the midst of an owner
    that is no bracket of items (`inside`).
    """

    comment: Comment
    owner: Node | None
    place: Place


def attach(file: syntax.File) -> tuple[Attached, ...]:
    """Each comment of a file once, in order."""
    held: dict[Node | None, list[Node]] = {None: sorted(file.items, key=_start)}
    return tuple(_attach(comment, held) for comment in file.comments)


def _attach(comment: Comment, held: dict[Node | None, list[Node]]) -> Attached:
    owner: Node | None = None
    while True:
        siblings = held[owner]
        number = bisect_right(siblings, comment.span.start, key=_start)
        before = siblings[number - 1] if number else None
        following = siblings[number] if number < len(siblings) else None
        if before is None or before.span.end <= comment.span.start:
            return Attached(comment.span, comment, *_between(comment, owner, before, following))
        holder = _holder(before, comment.span.start)
        if holder is None:
            return Attached(comment.span, comment, before, "inside")
        if holder not in held:
            held[holder] = sorted(_items(holder), key=_start)
        owner = holder


def _between(
    comment: Comment, owner: Node | None, before: Node | None, following: Node | None
) -> tuple[Node | None, Place]:
    """What a comment belongs to that stands between two neighbours in an owner; each may be absent."""
    file = comment.span.file
    if before is not None and file.position(before.span.end)[0] == comment.span.line:
        return before, "trailing"
    is_alone = not file.line(comment.span.line)[: comment.span.column - 1].strip()
    if before is None and owner is not None and not is_alone:
        return owner, "opening"
    return (owner, "closing") if following is None else (following, "leading")


def _holder(around: Node, offset: int) -> Node | None:
    """The outermost node, of those around an offset, whose brackets are around it too."""
    current: Node | None = around
    while current is not None:
        opening = _opening(current)
        if opening is not None and opening <= offset:
            return current
        inner = (child for child in children(current) if child.span.start < offset < child.span.end)
        current = next(inner, None)
    return None


def _opening(node: Node) -> int | None:
    """The offset behind which a node's bracket of statements or items opens; None where it has none."""
    match node:
        case syntax.Definition():
            return (node.extends_span or node.name_span).end
        case syntax.Section():
            return (node.label_span or node.keyword_span).end
        case syntax.For():
            return node.range.span.end
        case syntax.Each():
            return node.source.span.end
        case syntax.If():
            return node.condition.span.end
        case syntax.Call():
            return node.callee.span.end
        case syntax.Index():
            return node.value.span.end
        case syntax.List() | syntax.Comprehension() | syntax.Dict():
            return node.span.start
    return None


def _items(holder: Node) -> list[Node]:
    """What stands in a node's brackets."""
    opening = _opening(holder)
    assert opening is not None
    return [child for child in children(holder) if child.span.start >= opening]


def _start(node: Node) -> int:
    return node.span.start
