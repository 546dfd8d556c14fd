"""Body of `expression_head.get`."""

import torch
from torch import Tensor, nn

from getdsl.blocks.linear import Linear


class ExpressionHead(nn.Module):
    def __init__(self, *, embed_dim: int, output_dim: int = 2, use_atac: bool = False) -> None:
        super().__init__()
        self.head = Linear(D=embed_dim + use_atac, out_features=output_dim)
        self.use_atac = use_atac

    def forward(self, x: Tensor, *, atac: Tensor | None = None) -> Tensor:
        """x [B, R, D], atac [B, R, 1] -> [B, R, output_dim]."""
        if self.use_atac != (atac is not None):
            raise ValueError("atac is given exactly when use_atac is true")
        features = x if atac is None else torch.cat([x, atac], dim=-1)
        expression: Tensor = self.head(features)
        return expression
