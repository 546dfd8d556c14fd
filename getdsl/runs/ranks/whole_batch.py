"""A batch that several processes share, put together again for the loss: so that it is that of one process.

What is a mean over a batch, or over what a mask leaves of it, is no mean of the shares' means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zlib import crc32

import torch
import torch.distributed as dist
from torch import Tensor

from getdsl.compiler.graph.node import INPUT, PARAMETER
from getdsl.compiler.lower.followed import Followed
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.runs.loading.batches import WHOLE
from getdsl.runs.opened.strands import Batch
from getdsl.runs.ranks.agreement import gathered, same
from getdsl.runs.ranks.sharing import Process

Outputs = Mapping[str, Tensor]


@dataclass(frozen=True)
class Read:
    """What the loss and the metrics of a spec read, by name."""

    each: frozenset[str]  # outputs of which each sample has its own
    others: frozenset[str]  # outputs that all samples share
    keys: frozenset[str]  # of the batch

    @staticmethod
    def of(spec: Spec) -> Read:
        graphs = [*spec.stages.losses.values(), *spec.stages.metrics.values()]
        read = {name: type for graph in graphs for name, type in graph.inputs.items()}
        keys = {name for name in read if name.startswith("batch.")}
        outputs = {name for name in read.keys() - keys if not name.startswith((INPUT, PARAMETER))}
        each = {name for name in outputs if read[name].shape and read[name].shape[0].value is None}
        return Read(
            frozenset(each), frozenset(outputs - each), frozenset(key.removeprefix("batch.") for key in keys)
        )


def whole_batch(outputs: Outputs, batch: Batch, read: Read) -> tuple[Outputs, Batch, int]:
    """The outputs and the batch that the loss is to read, of all processes, and how many samples that are.

    They are the same in all processes. Gradients flow into the outputs of this one, times the number of
    processes: their mean over the processes is the gradient of the whole batch, whatever the shares' sizes.
    Raises UserError where the shares are not of one shape.
    """
    own = next(iter(batch.values())).shape[0]
    if WHOLE not in batch:
        return outputs, batch, own
    if isinstance(outputs, Followed):
        raise UserError(
            "a loss that reads inputs of the model, as `grad` does, cannot be shared by processes",
            "train on one device: `devices = 1`",
        )
    size, process = int(batch[WHOLE]), Process.current()
    per_sample = {name: outputs[name] for name in sorted(read.each & outputs.keys())}
    keys = {name: batch[name] for name in sorted(read.keys & batch.keys())}
    targets = {name: value for name, value in keys.items() if value.shape[:1] == (own,)}
    _refuse_unlike({**per_sample, **{f"batch.{name}": value for name, value in targets.items()}}, own)
    sizes = process.sizes(size)
    whole_outputs = {
        name: torch.cat(_parts(value, own, sizes, process)) for name, value in per_sample.items()
    }
    whole_outputs |= {name: _mean(outputs[name], process) for name in sorted(read.others & outputs.keys())}
    whole = {name: torch.cat(_parts(value, own, sizes, process)) for name, value in targets.items()}
    return whole_outputs, {**keys, **whole}, size


def whole_outputs(outputs: Outputs, batch: Batch) -> dict[str, Tensor]:
    """The outputs for all samples of a batch that processes share, as far as they are one for each sample."""
    own = next(iter(batch.values())).shape[0]
    if WHOLE not in batch:
        return dict(outputs)
    process, each = (
        Process.current(),
        {name: value for name, value in outputs.items() if value.shape[:1] == (own,)},
    )
    _refuse_unlike(each, own)
    sizes = process.sizes(int(batch[WHOLE]))
    return {
        **outputs,
        **{name: torch.cat(_parts(value, own, sizes, process)) for name, value in each.items()},
    }


def _parts(value: Tensor, own: int, sizes: list[int], process: Process) -> list[Tensor]:
    """The shares [b · k, …] of all processes, by rank, without samples that were read again."""
    each = value.shape[0] // own
    found = _gathered(_padded(value.detach(), max(sizes) * each), process)
    mine = value.view_as(value)
    if mine.requires_grad:
        mine.register_hook(lambda gradient: gradient * process.world)  # type: ignore[no-untyped-call]
    found[process.rank] = mine
    return [part[: size * each] for part, size in zip(found, sizes, strict=True)]


def _mean(value: Tensor, process: Process) -> Tensor:
    """The mean over the processes of what is none for each sample; its gradient flows into this one's."""
    mean = torch.stack(_gathered(value.detach(), process)).mean(0)
    return mean + (value - value.detach())


def _padded(value: Tensor, rows: int) -> Tensor:
    missing = rows - value.shape[0]
    return torch.cat([value, value.new_zeros(missing, *value.shape[1:])]) if missing else value


def _gathered(value: Tensor, process: Process) -> list[Tensor]:
    value = value.contiguous()
    found = [torch.empty_like(value) for _ in range(process.world)]
    dist.all_gather(found, value)
    return found


def _refuse_unlike(values: Mapping[str, Tensor], own: int) -> None:
    """Raises UserError, in all processes, where they have not the same to put together."""
    shapes = {
        name: f"{value.dtype} {[value.shape[0] // own, *value.shape[1:]]}" for name, value in values.items()
    }
    if same(crc32(repr(shapes).encode())):
        return
    first, *others = gathered(shapes)
    for rank, other in enumerate(others, start=1):
        for name in sorted(first.keys() | other.keys()):
            here, there = first.get(name, "absent"), other.get(name, "absent")
            if here != there:
                what = f"`{name}` is {here} in the first, {there} in process {rank}"
                help = "train on one device, or on samples of one size"
                raise UserError(f"processes cannot share a batch: {what}", help)
