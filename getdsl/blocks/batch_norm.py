"""Body of `batch_norm.get`."""

from torch import Tensor, nn


class BatchNorm(nn.BatchNorm1d):
    def __init__(self, *, dim: int, affine: bool = True, eps: float = 1e-5, momentum: float = 0.1) -> None:
        super().__init__(dim, eps=eps, momentum=momentum, affine=affine)

    def forward(self, x: Tensor) -> Tensor:
        """x [..., D] -> [..., D]. Raises ValueError in training where there is one row of D, or none."""
        rows = x.reshape(-1, x.shape[-1])
        if self.training and rows.shape[0] < 2:
            raise ValueError(f"BatchNorm trains on two rows or more, and this batch has {rows.shape[0]}")
        return super().forward(rows).reshape(x.shape)
