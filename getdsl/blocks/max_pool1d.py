"""Body of `max_pool1d.get`."""

from torch import Tensor, nn


class MaxPool1d(nn.Module):
    def __init__(self, *, kernel_size: int, stride: int) -> None:
        super().__init__()
        self.kernel_size = kernel_size
        self.pool = nn.MaxPool1d(kernel_size, stride)  # a module, which libraries of attribution see

    def forward(self, x: Tensor) -> Tensor:
        """x [B, L, C] -> [B, L', C]. Raises ValueError where L is below kernel_size."""
        if x.shape[1] < self.kernel_size:
            raise ValueError(f"a window of {self.kernel_size} is longer than the sequence, {x.shape[1]}")
        pooled: Tensor = self.pool(x.transpose(1, 2))
        return pooled.transpose(1, 2)
