"""Plain gradients."""

from __future__ import annotations

import torch
from torch import Tensor

from getdsl.runs.interpret.explained import Explained


def gradient(explained: Explained) -> Tensor:
    """Of the explained number with respect to each number of the input, [B, C, P]."""
    x = explained.x.clone().requires_grad_()
    total = explained(x, torch.arange(len(x), device=x.device)).sum()
    found: Tensor = torch.autograd.grad(total, x)[0]
    return found
