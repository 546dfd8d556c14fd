"""What the loss blocks share."""

import torch
from torch import Tensor


def widen(prediction: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both in one float type, float32 at least: half types cannot hold counts; targets may be integers."""
    dtype = torch.promote_types(torch.promote_types(prediction.dtype, target.dtype), torch.float32)
    return prediction.to(dtype), target.to(dtype)
