"""Body of `max_pool2d.get`."""

import math

import torch.nn.functional as F
from torch import Tensor

from getdsl.blocks.map_windows import MapWindows


class MaxPool2d(MapWindows):
    def pooled(self, x: Tensor, around: tuple[int, int, int, int]) -> Tensor:
        return F.max_pool2d(F.pad(x, around, value=-math.inf), self.kernel_size, self.stride)
