"""Body of `rms_norm.get`."""

from torch import nn


class RMSNorm(nn.RMSNorm):
    def __init__(self, *, dim: int, eps: float = 1e-6) -> None:
        super().__init__(dim, eps=eps)
