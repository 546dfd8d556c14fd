"""Basenji2 (params_human.json of its repository) and Akita (params.json of its own)."""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.zoo.plain.drawn import KerasDrawn


def basenji2(layers: KerasDrawn, sequence: Tensor, sizes: Mapping[str, Any]) -> dict[str, Tensor]:
    def active(x: Tensor) -> Tensor:
        return x * torch.sigmoid(1.702 * x)

    x = F.max_pool1d(layers.conv_norm(active(sequence), sizes["stem_width"], 15), 2)
    for width in sizes["widths"]:
        x = F.max_pool1d(layers.conv_norm(active(x), width, 5), 2)
    for rate in (1, 2, 3, 4, 6, 9, 14, 21, 32, 48, 72)[: sizes["depth"]]:
        y = layers.conv_norm(active(x), sizes["narrow"], 3, rate)
        x = x + layers.conv_norm(active(y), x.shape[1])
    cut = (x.shape[2] - sizes["target_length"]) // 2
    x = layers.conv_norm(active(x[:, :, cut:-cut]), sizes["last_width"])
    return {"tracks": F.softplus(layers.dense(active(x).transpose(1, 2), sizes["num_tracks"]))}


def akita(layers: KerasDrawn, sequence: Tensor, sizes: Mapping[str, Any]) -> dict[str, Tensor]:
    x = sequence
    for i in range(sizes["tower"]):
        x = F.max_pool1d(layers.conv_norm(x.relu(), sizes["width"], 5 if i else 11), 2)
    for rate in (1, 2, 3, 5, 9, 16, 29, 50)[: sizes["depth"]]:
        y = layers.conv_norm(x.relu(), sizes["width"] // 2, 3, rate)
        x = x + layers.conv_norm(y.relu(), sizes["width"])
    x = layers.conv_norm(x.relu(), sizes["last_width"], 5).relu()
    pairs = (x[:, :, :, None] + x[:, :, None, :]) / 2  # [B, C, N, N]
    place = torch.arange(x.shape[2])
    apart = (place[:, None] - place).abs()
    pairs = torch.cat([pairs, apart.expand(len(x), 1, -1, -1)], dim=1)
    x = symmetric(layers.conv_norm(pairs.relu(), sizes["map_width"], 3))
    for rate in (1, 2, 3, 5, 9, 16)[: sizes["map_depth"]]:
        y = layers.conv_norm(x.relu(), sizes["map_width"] // 2, 3, rate)
        x = symmetric(x + layers.conv_norm(y.relu(), sizes["map_width"]))
    inner = slice(sizes["crop"], -sizes["crop"])
    contacts = layers.dense(x[:, :, inner, inner].permute(0, 2, 3, 1), sizes["num_maps"])
    return {"contacts": contacts, "apart": apart[inner, inner].float().expand(len(x), -1, -1)}


def symmetric(x: Tensor) -> Tensor:
    return (x + x.transpose(2, 3)) / 2
