"""Body of `avg_pool2d.get`."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from getdsl.blocks.map_windows import MapWindows
from getdsl.blocks.padding import Padding


class AvgPool2d(MapWindows):
    def __init__(
        self,
        *,
        kernel_size: int | list[int],
        stride: int | list[int],
        padding: Padding | list[int] = "valid",
        count_include_pad: bool = True,
        channels: Literal["first", "last"] = "first",
    ) -> None:
        super().__init__(kernel_size=kernel_size, stride=stride, padding=padding, channels=channels)
        self.count_include_pad = count_include_pad

    def pooled(self, x: Tensor, around: tuple[int, int, int, int]) -> Tensor:
        means = F.avg_pool2d(F.pad(x, around), self.kernel_size, self.stride)
        if self.count_include_pad:
            return means
        places = F.pad(torch.ones_like(x[:1, :1]), around)
        return means / F.avg_pool2d(places, self.kernel_size, self.stride)
