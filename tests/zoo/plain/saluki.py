"""Saluki: params.json of its folder in Basenji's repository, as rnann.py there reads it."""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.zoo.plain.drawn import KerasDrawn
from tests.zoo.plain.recurrent import keras_gru


def saluki(layers: KerasDrawn, sequence: Tensor, sizes: Mapping[str, Any]) -> dict[str, Tensor]:
    width = sizes["width"]
    x = torch.cat([sequence, sizes["marks"].transpose(1, 2)], dim=1)
    x = conv(layers, x, width, bias=False)
    for _ in range(6):
        x = F.max_pool1d(conv(layers, norm(layers, x), width), 2)
    x = keras_gru(layers, "gru_cell", norm(layers, x).transpose(1, 2).flip(1), width)
    x = layers.dense(layers.batch_norm(x).relu(), width)
    x = layers.batch_norm(x).relu()
    return {name: layers.dense(x, 1)[:, 0] for name in ("human", "mouse")}


def conv(layers: KerasDrawn, x: Tensor, width: int, bias: bool = True) -> Tensor:
    name = layers.numbered("conv1d")
    kernel = layers.draw(f"{name}/kernel", [5, x.shape[1], width], 0.5)
    shift = layers.draw(f"{name}/bias", [width], 0.3) if bias else None
    return F.conv1d(x, kernel.permute(2, 1, 0), shift)


def norm(layers: KerasDrawn, x: Tensor) -> Tensor:
    """Over channels, and then ReLU."""
    name, width = layers.numbered("layer_normalization"), [x.shape[1]]
    gamma, beta = layers.draw(f"{name}/gamma", width, 0.2, 1.0), layers.draw(f"{name}/beta", width, 0.3)
    return F.layer_norm(x.transpose(1, 2), width, gamma, beta, eps=0.007).transpose(1, 2).relu()
