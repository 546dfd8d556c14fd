"""Puffin, in the layout of puffin.py of its repository."""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.zoo.plain.drawn import Drawn


def puffin(layers: Drawn, sequence: Tensor, sizes: Mapping[str, Any]) -> dict[str, Tensor]:
    def both(name: str, width: int, kernel: int) -> Tensor:
        weight, bias = (
            layers.draw(f"{name}.weight", [width, 4, kernel], 0.3),
            layers.draw(f"{name}.bias", [width], 0.3),
        )
        ways = [F.conv1d(x, weight, bias, padding=kernel // 2) for x in (sequence, sequence.flip([1, 2]))]
        return F.softplus(torch.cat([ways[0], ways[1].flip([2])], dim=1))

    tracks, reach = sizes["num_tracks"], 2 * sizes["reach"] + 1
    motifs = both("conv", sizes["motifs"], 51)
    initiators = both("conv_inr", sizes["initiators"], 15)
    triples = both("conv_sim", sizes["trinucs"], 3)
    y = layers.conv("deconv", motifs, tracks, reach) + layers.conv("deconv_sim", triples, tracks, reach)
    weight = layers.draw("deconv_inr.weight", [initiators.shape[1], tracks, 15], 0.2)
    y = y + F.conv_transpose1d(initiators, weight, layers.draw("deconv_inr.bias", [tracks], 0.3), padding=7)
    layers.draw("scaler", [1], 1.0)  # which nothing reads
    return {"initiation": F.softplus(y)[:, :, 325:-325].transpose(1, 2)}
