"""Body of `gradient.get`."""

import torch
from torch import Tensor, nn


class Gradient(nn.Module):
    """dy/dx by automatic differentiation, itself differentiable, so that a loss can be made of it."""

    def forward(self, y: Tensor, x: Tensor) -> Tensor:
        """y [], x [...] -> [...]. Raises ValueError where y was computed without gradients of x."""
        if not (y.requires_grad and x.requires_grad):
            raise ValueError("`grad(y, x)` needs a y that was computed of x with gradients")
        (found,) = torch.autograd.grad(y, x, create_graph=True)
        return found
