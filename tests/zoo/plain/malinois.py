"""Malinois, in the layout of `BassetBranched` in boda2."""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.zoo.plain.drawn import Drawn


def malinois(layers: Drawn, sequence: Tensor, sizes: Mapping[str, Any]) -> dict[str, Tensor]:
    x = sequence
    for i, (width, kernel, pool) in enumerate(
        zip(sizes["conv_channels"], (19, 11, 7), (3, 4, 4), strict=True)
    ):
        x = layers.conv(f"conv{i + 1}.conv", x, width, kernel)
        x = layers.norm(f"conv{i + 1}.bn_layer", x).relu()
        x = F.max_pool1d(F.pad(x, (1, 1)) if i == 2 else x, pool)
    x = layers.linear("linear1.linear", x.flatten(1), sizes["linear_channels"])
    x = layers.norm("linear1.bn_layer", x).relu()
    arms = x[:, None].expand(-1, sizes["num_outputs"], -1)  # [B, T, D]
    for i in range(sizes["branched_layers"]):
        arms = arms.relu() if i else arms
        arms = grouped(layers, f"branched.branched_layer_{i + 1}", arms, sizes["branched_channels"])
    return {"activity": grouped(layers, "output", arms, 1)[:, :, 0]}


def grouped(layers: Drawn, name: str, x: Tensor, width: int) -> Tensor:
    """x [B, T, D] -> [B, T, width], a matrix for each of T."""
    weight = layers.draw(f"{name}.weight", [x.shape[1], x.shape[2], width], x.shape[2] ** -0.5)
    bias = layers.draw(f"{name}.bias", [x.shape[1], 1, width], 0.3)
    return torch.einsum("btd,tdw->btw", x, weight) + bias[:, 0]
