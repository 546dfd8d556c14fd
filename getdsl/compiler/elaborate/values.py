"""What an expression evaluates to while a graph is built.

Numbers, strings, booleans, `None` (`none`), lists and dicts stand for themselves, `Dim` for a
symbolic size; the rest is here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import EllipsisType
from typing import NamedTuple, TypeAlias, cast

from getdsl.compiler.constants.constant import Constant
from getdsl.compiler.constants.markers import ABSENT, BATCH, Marker
from getdsl.compiler.graph.callee import Callee
from getdsl.compiler.graph.dimensions import Dim, ParamInt
from getdsl.compiler.graph.graph import Ref
from getdsl.compiler.graph.operands import Argument, Bound, SliceArgument
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.operations.operand import Operand
from getdsl.text.source import Span

Value: TypeAlias = (
    "bool | int | float | str | Dim | Marker | Tensor | ModuleValue | Part | Owner | Family | "
    "SliceArgument | EllipsisType | Sequence[Value] | Mapping[str, Value] | None"
)


@dataclass(frozen=True)
class Tensor:
    """An output of a node; `module` is the bound block that made it, for `encoder.map`."""

    ref: Ref
    type: TensorType
    span: Span
    module: str | None = None


@dataclass(frozen=True)
class ModuleValue:
    """A block that is bound but not applied."""

    name: str
    block: str
    span: Span


@dataclass(frozen=True)
class Part:
    """A module inside a bound block: `encoder.blocks[0]`."""

    tensor: Tensor
    path: str


@dataclass(frozen=True)
class Owner:
    """A block of the model, a part of it or a family of them, of which a stage reads weights."""

    path: str


@dataclass
class Family:
    """The values of `name[0]`, `name[1]`, …, or of `name["one"]`, `name["other"]`, …"""

    name: str
    items: dict[int | str, Value] = field(default_factory=dict)


class Given(NamedTuple):
    """An argument as it was given, and where."""

    value: Value
    span: Span | None


def describe(value: Value) -> str:
    """A value as a diagnostic names it."""
    match value:
        case Tensor(type=type):
            return f"a tensor {type.plain()}"
        case ModuleValue(name=name):
            return f"the module `{name}`"
        case Part(tensor=tensor):
            return f"a part of `{tensor.module}`"
        case Owner(path=path):
            return f"`{path}` of the model"
        case Family(name=name):
            return f"the family `{name}[…]`"
        case _:
            return "the batch" if value is BATCH else _describe_constant(value)


def _describe_constant(value: Value) -> str:
    match value:
        case bool():
            return f"`{str(value).lower()}`"
        case None:
            return "`none`"
        case Callee():
            return f"the {value.kind} `{value}`"
        case str():
            return f'the string "{value}"'
        case int() | float():
            return f"the number {value}"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return f"`{value}`"


def flat(values: Iterable[Value]) -> Iterator[Value]:
    """The values with those inside lists, from left to right."""
    for value in values:
        if isinstance(value, list | tuple):
            yield from flat(value)
        else:
            yield value


def contains_tensor(values: Iterable[Value]) -> bool:
    return any(isinstance(value, Tensor) for value in flat(values))


def are_constants(values: Iterable[Value]) -> bool:
    """Whether nothing of the graph is among them, be it a tensor or what has weights."""
    return not any(isinstance(value, Tensor | ModuleValue | Part | Owner) for value in flat(values))


def as_constant(value: Value) -> Constant:
    """A value as the functions of constants take it; they refuse what is none."""
    return cast(Constant, value)


def as_operand(value: Value) -> Operand:
    """A value as the rule of an operation takes it: a tensor as its type."""
    if isinstance(value, Tensor):
        return value.type
    if isinstance(value, list):
        return [as_operand(item) for item in value]
    if isinstance(value, tuple):
        return tuple(as_operand(item) for item in value)
    return cast(Operand, value)  # a rule refuses what it does not take


def as_argument(value: Value) -> Argument:
    """A value as an argument of a node."""
    match value:
        case Tensor(ref=ref):
            return ref
        case list() | tuple():
            return tuple(as_argument(item) for item in value)
        case ParamInt():
            return int(value)
        case Dim() if value.value is not None:
            return value.value
        case SliceArgument(start=start, stop=stop):
            return SliceArgument(_bound(start), _bound(stop))
        case _:
            return None if value is ABSENT else cast(Argument, value)  # whose rule took it


def _bound(value: Value) -> Bound:
    return cast(Bound, as_argument(value))


def slice_of(start: Value, stop: Value) -> SliceArgument:
    """A slice whose ends may yet be of a kind that no index takes, which the rule of indexing refuses."""
    return SliceArgument(cast(Bound, start), cast(Bound, stop))
