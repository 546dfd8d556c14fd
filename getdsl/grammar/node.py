"""What every node of the syntax tree is: a frozen record with the span that it was written at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import FrozenInstanceError, dataclass, fields
from typing import Any, ClassVar, TypeVar, dataclass_transform

from getdsl.text.source import Span

Made = TypeVar("Made", bound="type[Node]")
PLAIN = (
    "Span",
    "str",
    "bool",
    "int",
    "tuple[str",
    "tuple[int",
)  # how annotations start of fields that hold no nodes


@dataclass_transform(frozen_default=True, eq_default=False)
def node(made: Made) -> Made:
    """A dataclass with the methods of Node, where Python would compile some for each class (0.3 ms)."""
    dataclass(init=False, repr=False, eq=False)(made)
    made.node_fields = tuple(field.name for field in fields(made) if not field.type.startswith(PLAIN))
    return made


@node
class Node:
    """Equal to itself alone; `dataclasses.fields` and `replace` work as for any dataclass."""

    span: Span
    node_fields: ClassVar[tuple[str, ...]]  # the names of those that may hold nodes

    def __init__(self, *values: Any, **named: Any) -> None:
        given = vars(self)
        given.update(zip(self.__match_args__, values, strict=False))
        given.update(named)
        if len(given) != len(self.__match_args__) or len(values) + len(named) != len(given):
            raise TypeError(f"{type(self).__name__} takes {', '.join(self.__match_args__)}")

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
        return f"{type(self).__name__}({shown})"


def children(node: Node) -> Iterator[Node]:
    """The nodes directly inside a node, in the order of its fields."""
    for name in node.node_fields:
        value = getattr(node, name)
        if isinstance(value, Node):
            yield value
        elif isinstance(value, tuple):
            for item in value:
                if isinstance(item, Node):
                    yield item


def walk(node: Node) -> Iterator[Node]:
    """A node and all that is inside it, outermost first."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        for name in reversed(current.node_fields):
            value = getattr(current, name)
            if isinstance(value, tuple):
                waiting += [item for item in reversed(value) if isinstance(item, Node)]
            elif isinstance(value, Node):
                waiting.append(value)
