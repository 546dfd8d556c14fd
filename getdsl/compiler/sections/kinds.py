"""The type of a setting, taken apart."""

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Annotated, Literal, NamedTuple, TypeGuard, Union, get_args, get_origin

from getdsl.compiler.sections.declare import Bound, Choice, Doc, Table

UNBOUND = Bound()
NO_DOC = Doc("")


class Kind(NamedTuple):
    """A type without `None` and annotations, and these beside it; `options` are those of a union."""

    bare: object
    doc: Doc = NO_DOC
    bound: Bound = UNBOUND
    options: tuple[object, ...] = ()

    @property
    def choices(self) -> dict[str, type[Choice]]:
        """The calls by their words, where one of them is wanted."""
        options = self.options or (self.bare,)
        found = {item.word: item for item in options if is_table(item) and issubclass(item, Choice)}
        return found if len(found) == len(options) else {}


def kind_of(annotation: object) -> Kind:
    """A type taken apart; annotations inside one that says nothing itself are those of the whole."""
    annotation, doc, bound = _unwrapped(annotation)
    if get_origin(annotation) not in (Union, UnionType):
        return Kind(annotation, doc, bound)
    options = tuple(item for item in get_args(annotation) if item is not NoneType)
    if len(options) > 1:
        return Kind(annotation, doc, bound, options)
    inner = kind_of(options[0])
    return Kind(inner.bare, doc, bound if bound != UNBOUND else inner.bound, inner.options)


def _unwrapped(annotation: object) -> tuple[object, Doc, Bound]:
    if get_origin(annotation) is not Annotated:
        return annotation, NO_DOC, UNBOUND
    bare, *more = get_args(annotation)
    doc = next((item for item in more if isinstance(item, Doc)), NO_DOC)
    return bare, doc, next((item for item in more if isinstance(item, Bound)), UNBOUND)


def is_table(kind: object) -> TypeGuard[type[Table]]:
    return isinstance(kind, type) and issubclass(kind, Table)


def words_of(kind: object) -> tuple[str, ...]:
    """What a setting may be, where it is one of some words."""
    return get_args(kind) if get_origin(kind) is Literal else ()


def items_of(kind: object) -> tuple[object, int | None] | None:
    """What a list holds, and how many where that is fixed; None where the type is no list."""
    if get_origin(kind) is not tuple:
        return None
    first, *others = get_args(kind)
    return first, None if others == [Ellipsis] else 1 + len(others)


def rows_of(kind: object) -> object | None:
    """What a table from free names holds; None where the type is no such table."""
    return get_args(kind)[1] if get_origin(kind) is Mapping else None
