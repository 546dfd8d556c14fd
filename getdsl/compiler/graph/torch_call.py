"""How a module of `torch.nn` is made and applied, as its face says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from getdsl.compiler.graph.frozen import FrozenDict, freeze
from getdsl.compiler.graph.operands import Constant

ROOM = "torch.nn"


@dataclass(frozen=True)
class InputName:
    """An input of the face, in the place of an argument."""

    name: str


Passed: TypeAlias = "InputName | Constant"


@dataclass(frozen=True)
class TorchCall:
    """`call(…)`, `apply(…)` and `take N` of a face; without `apply` a module takes its inputs in order."""

    args: tuple[Constant, ...] = ()
    kwargs: Mapping[str, Constant] = field(default_factory=FrozenDict)
    applied: tuple[tuple[Passed, ...], Mapping[str, Passed]] | None = None
    take: int | None = None

    def __post_init__(self) -> None:
        freeze(self, "kwargs")

    def forward(
        self, args: Iterable[Any], kwargs: Mapping[str, Any], inputs: Mapping[str, Any]
    ) -> tuple[list[Any], dict[str, Any]]:
        """What the module is applied to, in a call that gives `args` and `kwargs`: all `inputs`, by name.

        An input that is absent is left out.
        """
        if self.applied is None:
            return [*args], {**kwargs}
        placed, named = self.applied
        there = [item for item in placed if not isinstance(item, InputName) or item.name in inputs]
        given = {
            name: item
            for name, item in named.items()
            if not isinstance(item, InputName) or item.name in inputs
        }
        return (
            [_value(item, inputs) for item in there],
            {name: _value(item, inputs) for name, item in given.items()},
        )


def _value(item: Passed, inputs: Mapping[str, Any]) -> Any:
    return inputs[item.name] if isinstance(item, InputName) else item


def is_torchs(extern: str | None) -> bool:
    """Whether a body is a module of `torch.nn`."""
    return extern is not None and extern.startswith(f"{ROOM}:")
