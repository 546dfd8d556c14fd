"""Body of `split_pool.get`."""

from typing import Literal

from torch import Tensor, nn

from getdsl.kernels.segment_pool import segment_pool


class SplitPool(nn.Module):
    def __init__(self, *, pool_method: Literal["mean", "sum", "max"] = "mean") -> None:
        super().__init__()
        self.pool_method = pool_method

    def forward(self, x: Tensor, peak_lengths: Tensor) -> Tensor:
        """x [B, L, D], peak_lengths [B, R] -> [B, R, D]."""
        return segment_pool(x, peak_lengths, self.pool_method)
