"""Jacobians: every chosen number of an output with respect to every number of named nodes."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from getdsl.compiler.lower.compiled import Compiled
from getdsl.diagnostics import UserError
from getdsl.runs.interpret.target import Target

MOST = 2048  # numbers of an output, each of which is a pass backward


def jacobian(
    compiled: Compiled, target: Target, nodes: Mapping[str, str], inputs: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """[B, *chosen, *node] for each node, and under "" the chosen numbers themselves, [B, *chosen].

    `nodes` are names of inputs or outputs of the model by what they are called for the user. Samples do not
    see each other in evaluation mode, so one pass backward serves all of a batch.
    """
    given = {name: _leaf(value) for name, value in inputs.items()}
    outputs: dict[str, Tensor] = compiled.module.requires_grad_(True)(**given)
    chosen = target.chosen(outputs[target.output])
    tensors = {node: given[name] if name in given else outputs[name] for node, name in nodes.items()}
    flat = chosen.reshape(len(chosen), -1)
    _refuse(flat, target, tensors)
    found: dict[str, list[Tensor]] = {node: [] for node in nodes}
    for number in flat.unbind(1):
        slopes = torch.autograd.grad(number.sum(), [*tensors.values()], retain_graph=True, allow_unused=True)
        for node, slope in zip(tensors, slopes, strict=True):
            if slope is None:
                raise _independent(target, node)
            found[node].append(slope)
    shapes = {node: (*chosen.shape, *tensor.shape[1:]) for node, tensor in tensors.items()}
    return {"": chosen.detach()} | {
        node: torch.stack(slopes, 1).reshape(shapes[node]) for node, slopes in found.items()
    }


def _leaf(value: Tensor) -> Tensor:
    return value.detach().clone().requires_grad_() if value.is_floating_point() else value


def _refuse(flat: Tensor, target: Target, tensors: Mapping[str, Tensor]) -> None:
    if flat.shape[1] > MOST:
        raise UserError(
            f"`{target}` is {flat.shape[1]:,} numbers a sample, each a pass backward; {MOST:,} are the most",
            f"choose some of them, such as `--of '{target.output}[:, 0]'`",
        )
    if not flat.requires_grad:
        raise UserError(f"`{target}` depends on no float of the model", "choose another output")
    for node, tensor in tensors.items():
        if not tensor.is_floating_point():
            raise UserError(f"`{node}` holds no floats, to which alone gradients lead", "choose another node")
        if len(tensor) != len(flat):
            raise UserError(
                f"`{node}` is {list(tensor.shape)} for {len(flat)} samples, and not one for each",
                "choose a node with a first axis B",
            )
        if not tensor.requires_grad:
            raise _independent(target, node)


def _independent(target: Target, node: str) -> UserError:
    return UserError(
        f"`{target}` does not depend on `{node}` as it is computed",
        "name a node on the way to the output as a whole, not a part such as `encoder[:, 1:]`",
    )
