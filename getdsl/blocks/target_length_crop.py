"""Body of `target_length_crop.get`."""

from torch import Tensor, nn


class TargetLengthCrop(nn.Module):
    def __init__(self, *, target_length: int) -> None:
        super().__init__()
        self.target_length = target_length

    def forward(self, x: Tensor) -> Tensor:
        """x [B, L, C] -> [B, target_length, C]. Raises ValueError where L is shorter."""
        spare = x.shape[1] - self.target_length
        if spare < 0:
            raise ValueError(f"the middle {self.target_length} positions of a sequence of {x.shape[1]}")
        return x.narrow(1, spare // 2, self.target_length)

    def extra_repr(self) -> str:
        return f"target_length={self.target_length}"
