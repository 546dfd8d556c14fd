"""What an expression evaluates to while a graph is built.

Numbers, strings, booleans, `None` (`none`), lists and dicts stand for themselves, `Dim` for a
symbolic size; the rest is here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from getdsl.compiler.constants.markers import BATCH
from getdsl.compiler.graph.graph import Ref
from getdsl.compiler.graph.types import TensorType
from getdsl.text.source import Span

Value = Any


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


@dataclass
class Family:
    """The values of `name[0]`, `name[1]`, …"""

    name: str
    items: dict[int, Value] = field(default_factory=dict)


def describe(value: Value) -> str:
    """A value as a diagnostic names it."""
    if isinstance(value, Tensor):
        return f"a tensor {value.type.plain()}"
    if isinstance(value, ModuleValue):
        return f"the module `{value.name}`"
    if isinstance(value, Part):
        return f"a part of `{value.tensor.module}`"
    if isinstance(value, Family):
        return f"the family `{value.name}[…]`"
    if value is BATCH:
        return "the batch"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value is None:
        return "`none`"
    if isinstance(value, str):
        return f'the string "{value}"'
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    return f"`{value}`"


def contains_tensor(value: Value) -> bool:
    if isinstance(value, list | tuple):
        return any(contains_tensor(item) for item in value)
    return isinstance(value, Tensor)
