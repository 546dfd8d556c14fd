"""Windows of a map: what two-dimensional pools share."""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn

from getdsl.blocks.padding import Padding, padded, padding_pair, pair


class MapWindows(nn.Module):
    """Pads a map [B, C, H, W], or [B, H, W, C], pools its windows, and gives it back as it came."""

    def __init__(
        self,
        *,
        kernel_size: int | list[int],
        stride: int | list[int],
        padding: Padding | list[int] = "valid",
        channels: Literal["first", "last"] = "first",
    ) -> None:
        super().__init__()
        self.kernel_size, self.stride = pair(kernel_size), pair(stride)
        self.around, self.last = padding_pair(padding), channels == "last"

    def forward(self, x: Tensor) -> Tensor:
        if self.last:
            x = x.movedim(-1, 1)
        pooled = self.pooled(x, self._added(x))
        return pooled.movedim(1, -1) if self.last else pooled

    def pooled(self, x: Tensor, around: tuple[int, int, int, int]) -> Tensor:
        """The windows' values, of a map [B, C, H, W] with that much added left, right, above and below."""
        raise NotImplementedError

    def _added(self, x: Tensor) -> tuple[int, int, int, int]:
        (top, bottom), (left, right) = (
            padded(self.around[axis], x.shape[2 + axis], self.kernel_size[axis] - 1, self.stride[axis])
            for axis in (0, 1)
        )
        return left, right, top, bottom
