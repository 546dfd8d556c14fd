"""Attention maps, and the values of other named nodes."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from getdsl.compiler.lower.compiled import Compiled
from getdsl.diagnostics import UserError


def node_values(
    compiled: Compiled, nodes: Mapping[str, str], inputs: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """What the model computes at each node, [B, …]: of `encoder.blocks[0].attn` the map [B, heads, N, N].

    Where a map is asked for, the block computes it in steps and not by fused attention, which makes none.
    """
    with torch.no_grad():
        outputs: dict[str, Tensor] = compiled.module(**inputs)
    found = {node: {**inputs, **outputs}[name] for node, name in nodes.items()}
    samples = len(next(iter(inputs.values())))
    for node, value in found.items():
        if value.dim() == 0 or len(value) != samples:
            raise UserError(
                f"`{node}` is {list(value.shape)} for {samples} samples, and not one for each",
                "choose a node with a first axis B",
            )
    return found
