"""Body of `batch_norm.get`."""

from torch import Tensor, nn


class BatchNorm(nn.BatchNorm1d):
    def __init__(self, *, dim: int, affine: bool = True, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__(dim, eps=eps, momentum=momentum, affine=affine)

    def forward(self, x: Tensor) -> Tensor:
        """x [..., D] -> [..., D]."""
        rows = super().forward(x.reshape(-1, x.shape[-1]))
        return rows.reshape(x.shape)
