"""Carries out the steps of a course, with the bodies of a lowered model."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from torch import Tensor, nn

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.operands import SliceArgument
from getdsl.compiler.lower.operations import DTYPES, MADE, OPERATIONS
from getdsl.compiler.lower.rerun.batch_sizes import Sizes
from getdsl.compiler.work import Step, Value
from getdsl.compiler.work.step import Passed

Given = Callable[[Value], Tensor]
"""The tensor of a value that is no weight."""


class Calls:
    def __init__(self, module: nn.Module) -> None:
        self.module = module

    def weight(self, value: Value) -> Tensor:
        found: Tensor = attrgetter(value.weight or "")(self.module)
        return found

    def call(
        self,
        step: Step,
        given: Given,
        sizes: Sizes,
        args: tuple[Passed, ...] | None = None,
        method: str = "__call__",
    ) -> dict[Value, Tensor]:
        """The outputs of a step, with other arguments or by another method of its body."""

        def resolved(item: Passed) -> Any:
            if isinstance(item, Value):
                return given(item) if item.weight is None else self.weight(item)
            if isinstance(item, Dim):
                return sizes.number(item)
            if isinstance(item, SliceArgument):
                return sizes.slice(item)
            return tuple(map(resolved, item)) if isinstance(item, tuple) else item

        placed = [resolved(item) for item in (step.args if args is None else args)]
        named = {name: resolved(item) for name, item in step.kwargs.items()}
        if step.module is None:
            return {step.output: _operated(self.module, step, placed, named)}
        placed = [named.pop(name) for name in list(named)[: step.placed]]
        if len(step.module.face_outputs) > 1:
            named["outputs"] = tuple(step.outputs)
        torchs = step.module.torch
        if torchs is not None:
            inputs = {name: resolved(item) for name, item in step.kwargs.items()}
            placed, named = torchs.forward(placed, named, inputs)
        found = getattr(self.module.get_submodule(step.path), method)(*placed, **named)
        if torchs is not None and torchs.take is not None:
            found = found[torchs.take]
        if len(step.outputs) == 1:
            return {step.output: found}
        return {value: found[name] for name, value in step.outputs.items()}


def _operated(module: nn.Module, step: Step, placed: list[Any], named: dict[str, Any]) -> Tensor:
    if step.what in MADE:
        device = next((tensor.device for tensor in module.state_dict().values()), None)
        named |= {"dtype": DTYPES[step.output.dtype], "device": device}
    return OPERATIONS[step.what](*placed, **named)
