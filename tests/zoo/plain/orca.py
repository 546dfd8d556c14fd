"""Orca's 1-Mb model, in the layout of `Net` in orca_modules.py of its repository."""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from tests.zoo.plain.drawn import Drawn

POOLS = (1, 4, 4, 5, 5, 5, 2)


def pair(
    layers: Drawn, name: str, x: Tensor, widths: tuple[int, int], *, first: int, relus: bool, apart: int = 1
) -> Tensor:
    """Two convolutions with norms; `first` is the first one's place in the published sequence."""
    kernel = 9 if x.dim() == 3 else 3
    step = 3 if relus else 2
    for i, width in enumerate(widths):
        at = first + step * i
        x = layers.norm(f"{name}.{at + 1}", layers.conv(f"{name}.{at}", x, width, kernel, apart=apart))
        x = x.relu() if relus else x
    return x


def orca(layers: Drawn, sequence: Tensor, sizes: Mapping[str, Any]) -> dict[str, Tensor]:
    x = sequence
    for i, (width, pool) in enumerate(zip(sizes["widths"], POOLS, strict=True)):
        x = F.max_pool1d(x, pool)
        straight = pair(layers, f"lconv{i + 1}", x, (width, width), first=min(i, 1), relus=False)
        last = pair(layers, f"conv{i + 1}", straight, (width, width), first=0, relus=True)
        x = straight + last
    flat = layers.norm("final_1d.1", layers.conv("final_1d.0", last, sizes["widths"][-1], 1)).relu()
    chromatin = torch.sigmoid(layers.conv("final_1d.3", flat, sizes["num_1d"], 1))
    y = last[:, :, :, None] + last[:, :, None, :]
    widths = (sizes["map_width"] // 2, sizes["map_width"])
    for i, apart in enumerate(sizes["dilations"]):
        straight = pair(layers, f"lconvtwos.{i}", y, widths, first=int(i == 0), relus=False, apart=apart)
        y = straight + y if i else straight
        y = pair(layers, f"convtwos.{i}", y, widths, first=0, relus=True, apart=apart) + y
    y = layers.norm("final.1", layers.conv("final.0", y, 5, 1)).relu()
    y = layers.conv("final.3", y, 1, 1)[:, 0]
    return {"contacts": 0.5 * y + 0.5 * y.transpose(1, 2), "chromatin": chromatin.transpose(1, 2)}
