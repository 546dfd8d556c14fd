"""`strategy = "fsdp"`: each process keeps a part of the weights, their gradients and the optimizer's state.

It is PyTorch's FSDP2 that does so. Files hold whole tensors, as those of any run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor
from torch.optim import Optimizer

from getdsl.compiler.graph.node import PARAMETER
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError

LEAST = 1_000_000  # weights of a part that is put together by itself, while it computes
PRECISIONS = ("32-true", "bf16-mixed")


def refuse_unshardable(spec: Spec) -> None:
    """Raises UserError where a spec cannot be trained so."""
    why = None
    if spec.train.precision not in PRECISIONS:
        why = f'`precision = "{spec.train.precision}"` does not go with it'
    elif any(graph.shared for graph in spec.stages.losses.values()):
        why = "the loss applies a part of the model itself"
    elif any(name.startswith(PARAMETER) for graph in spec.stages.losses.values() for name in graph.inputs):
        why = "the loss is made of weights themselves"
    elif "lora" in spec.settings:
        why = "adapters stand beside whole weights"
    if why is not None:
        raise UserError(f'`strategy = "fsdp"` cannot train this: {why}', 'take `strategy = "ddp"`')


def shard(model: fx.GraphModule, mesh: DeviceMesh) -> None:
    """Shares out the weights of a model over processes, in place, once."""
    if isinstance(model, FSDPModule):
        return
    entered = set(_entered(model))
    for path, part in reversed(list(model.named_modules())):  # what is inside comes first
        left = sum(value.numel() for value in part.parameters() if not isinstance(value, DTensor))
        is_called = type(part).forward is not nn.Module.forward and path not in entered
        if part is model or (is_called and left >= LEAST):
            fully_shard(part, mesh=mesh)


def _entered(model: nn.Module) -> Iterator[str]:
    """Paths of modules of which a graph takes weights or parts without calling them."""
    for path, part in model.named_modules():
        for node in part.graph.nodes if isinstance(part, fx.GraphModule) else ():
            if node.op in ("get_attr", "call_module"):
                steps = str(node.target).split(".")
                yield from (".".join([path, *steps[:depth]]).lstrip(".") for depth in range(1, len(steps)))


def whole(value: Any) -> Any:
    """A tensor, or containers of them, put together on the CPU where it is shared out: by all at once."""
    if isinstance(value, DTensor):
        return value.full_tensor().cpu()
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    return [whole(item) for item in value] if isinstance(value, list) else value


def load_optimizer(optimizer: Optimizer, state: dict[str, Any]) -> None:
    """Takes up the whole state of an optimizer, each process its part."""
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    parts = {
        number: {name: _part(value, weights[number]) for name, value in values.items()}
        for number, values in state["state"].items()
    }
    optimizer.load_state_dict({**state, "state": parts})


def _part(value: Any, weight: Tensor) -> Any:
    if not isinstance(weight, DTensor) or not isinstance(value, torch.Tensor) or value.shape != weight.shape:
        return value
    return distribute_tensor(value.to(weight.device), weight.device_mesh, weight.placements)
