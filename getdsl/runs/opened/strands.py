"""Both strands of a sample: one at random in training, their mean in measuring."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource
from getdsl.diagnostics import SpecError
from getdsl.diagnostics.mistakes import sections

Batch = dict[str, Tensor]
Turn = Callable[[Batch], Batch]


def reverse_complement_of(source: DataSource, spec: Spec) -> Turn:
    """The source's own reverse complement. Raises SpecError where it has none."""
    turn: Turn | None = getattr(source, "reverse_complement", None)
    if turn is None:
        name = spec.data.name if spec.data else "the source"
        place = spec.settings["train"].place(("reverse_complement",))
        raise SpecError([sections.one_strand_only(name, place)])
    return turn


def mix_strands(batch: Batch, turn: Turn, flips: Tensor) -> Batch:
    """The samples, those where `flips` [B] is true from the other strand."""
    turned = turn(batch)

    def chosen(name: str) -> Tensor:
        flip = flips.reshape(-1, *(1,) * (batch[name].dim() - 1))
        return torch.where(flip, turned[name], batch[name])

    return {name: value if turned[name] is value else chosen(name) for name, value in batch.items()}


def mean_over_strands(
    predict: Callable[[Batch], dict[str, Tensor]], batch: Batch, turned: Batch
) -> dict[str, Tensor]:
    """The outputs, averaged over the two readings of each sample."""
    forward, backward = predict(batch), predict(turned)
    return {name: (value + backward[name]) / 2 for name, value in forward.items()}


def turn_with_the_strand(batch: Batch, turned: Batch, keys: Iterable[str]) -> bool:
    """Whether what is measured changes with the strand, as a profile does: no mean over strands is that."""
    return any(not torch.equal(batch[name], turned[name]) for name in batch.keys() & set(keys))
