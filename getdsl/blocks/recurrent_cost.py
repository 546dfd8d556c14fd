"""What recurrent layers of PyTorch cost, such as `lstm.get` and `gru.get`, by the weights that they have.

In each step the input and the state are multiplied with the weights of all gates; in the backward pass the
state before the first step, which is zero, needs no gradient. Kept are the gates and the state as PyTorch's
own steps keep them, and the input, copied to have its steps first. An LSTM on the CPU runs in oneDNN, which
keeps about twice as much where the state is wide; what cuDNN keeps, PyTorch does not tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from getdsl.blocks.cost_formulas import dropped
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Constant
from getdsl.compiler.work import Kept, Product, Rule, Step, Work, product

WEIGHT = re.compile(r"(?P<what>weight|bias)_(?P<side>ih|hh|hr)_l(?P<layer>\d+)(?P<back>_reverse)?")
KEPT = 7  # widths of the state that a step keeps: an LSTM 4 gates and 3 more, a GRU 3 gates and 4 more


@dataclass(frozen=True)
class _Pass:
    """One direction of one layer: its weights by their sides, and the tensors that its input is made of."""

    layer: int
    back: bool
    weights: Mapping[str, str]
    before: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """What the state is made of."""
        return (*self.before, *self.weights.values())


def recurrent(step: Step) -> Work:
    assert step.module is not None
    settings = step.module.torch.kwargs if step.module.torch is not None else {}
    x = step.module.inputs[0]
    batch, steps = _sides(step.operands[x].shape, settings)
    forward: list[Product] = []
    backward: list[tuple[tuple[str, ...], Product]] = []
    kept: list[Kept] = []
    for each in _passes(step, x):
        into, along = each.weights["weight_ih"], each.weights["weight_hh"]
        rows, width = step.operands[into].shape
        state = step.operands[along].shape[1]
        of_input, of_state = product(2, batch, steps, rows, width), product(2, batch, steps, rows, state)
        forward += [of_input, of_state]
        backward += [(each.before, of_input), ((into,), of_input), ((along,), of_state)]
        backward += [(each.all, product(2, batch, steps - 1, rows, state))]
        kept += [Kept(product(KEPT, batch, steps, state), each.all)]
        if each.layer == 0 or not each.back:  # of what a layer before made one copy serves both directions
            kept += [Kept(product(batch, steps, width), (into,))]
        if each.layer > 0 and not each.back:
            kept += dropped(settings.get("dropout", 0.0), product(batch, steps, width))
    return Work(tuple(forward), tuple(backward), tuple(kept), layout="permuted")


def _sides(shape: tuple[Dim, ...], settings: Mapping[str, Constant]) -> tuple[Dim, Dim]:
    """How many sequences there are, and how long they are."""
    if len(shape) == 2:
        return Dim.of(1), shape[0]
    return (shape[0], shape[1]) if settings.get("batch_first") else (shape[1], shape[0])


def _passes(step: Step, x: str) -> Iterator[_Pass]:
    found: dict[tuple[int, bool], dict[str, str]] = {}
    for name in step.operands:
        match = WEIGHT.fullmatch(name)
        if match is not None:
            own = found.setdefault((int(match["layer"]), match["back"] is not None), {})
            own[f"{match['what']}_{match['side']}"] = name
    for (layer, back), weights in found.items():
        earlier = [name for (other, _), names in found.items() if other < layer for name in names.values()]
        yield _Pass(layer, back, weights, (x, *earlier))


RULES = {"torch.nn:LSTM": Rule(recurrent), "torch.nn:GRU": Rule(recurrent)}
