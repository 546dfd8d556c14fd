"""scBasset, as utils.py and basenji_utils.py of its repository build it."""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.zoo.plain.drawn import KerasDrawn


def scbasset(layers: KerasDrawn, sequence: Tensor, sizes: Mapping[str, Any]) -> dict[str, Tensor]:
    def active(x: Tensor) -> Tensor:
        return x * torch.sigmoid(1.702 * x)

    x = F.max_pool1d(layers.conv_norm(active(sequence), sizes["width"], 17), 3)
    for width in sizes["widths"]:
        x = F.max_pool1d(layers.conv_norm(active(x), width, 5), 2)
    x = active(layers.conv_norm(active(x), sizes["last_width"])).transpose(1, 2).flatten(1)
    kernel = layers.draw(f"{layers.numbered('dense')}/kernel", [x.shape[1], sizes["bottleneck_size"]], 0.1)
    logits = layers.dense(active(layers.batch_norm(x @ kernel)), sizes["num_cells"])
    return {"accessibility": logits.sigmoid(), "logits": logits}
