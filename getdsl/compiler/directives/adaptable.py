"""Which weights LoRA can adapt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from getdsl.compiler.directives.covering import any_covers
from getdsl.compiler.graph.graph import StateKind


class Tensor(Protocol):
    """A tensor of a model, as its graph or a plan has it."""

    @property
    def name(self) -> str: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def kind(self) -> StateKind: ...


def can_adapt(tensor: Tensor) -> bool:
    """Whether a tensor is the weight of a Linear, Conv1d or Conv2d, as far as its name and axes tell."""
    named = tensor.name.rpartition(".")[2] == "weight"
    return named and tensor.kind != "buffer" and 2 <= len(tensor.shape) <= 4


def adaptable(patterns: Iterable[str], model: Mapping[str, Tensor]) -> list[str]:
    """The weights that the patterns cover and LoRA can adapt, in the model's order."""
    wanted = list(patterns)
    return [name for name, tensor in model.items() if can_adapt(tensor) and any_covers(wanted, name)]
