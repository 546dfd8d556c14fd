"""Body of `linear.get`."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LARGE = 2**24  # multiply-adds from which oneDNN's faster products outweigh the copies into its layout


class Linear(nn.Linear):
    """In float32 training on an x86 CPU the products are oneDNN's, not MKL's.

    On an AMD EPYC oneDNN multiplies a quarter faster, and a training step of region_finetune takes a tenth
    less time (`benchmarks/region_finetune.py`). PyTorch itself takes it for lower precisions only.
    Such a step has no second derivatives; in evaluation mode the layer is PyTorch's own.
    """

    def __init__(
        self,
        *,
        D: int,
        out_features: int,
        bias: bool = True,
        init: Literal["xavier_uniform", "default"] = "xavier_uniform",
    ) -> None:
        super().__init__(D, out_features, bias=bias)
        if init == "xavier_uniform":
            nn.init.xavier_uniform_(self.weight)
            if bias:
                nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        if not torch.compiler.is_compiling() and self.training and _large(x, self.out_features):
            return F.linear(x.to_mkldnn(), self.weight, self.bias).to_dense()
        return F.linear(x, self.weight, self.bias)


def _large(x: Tensor, out_features: int) -> bool:
    """Whether a product is large enough, and one that PyTorch would have MKL make."""
    return (
        x.numel() * out_features >= LARGE
        and x.device.type == "cpu"
        and x.dtype == torch.float32
        and not torch.is_autocast_enabled("cpu")
        and torch.backends.mkl.is_available()  # type: ignore[no-untyped-call]
        and torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        and not torch._C._are_functorch_transforms_active()  # vmap knows no oneDNN tensors
    )
