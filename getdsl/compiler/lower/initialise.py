"""First values of `Parameter(…, init = …)`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def initialised(shape: tuple[int, ...], init: Any) -> Tensor:
    """A float tensor of a shape; `init` is zeros, ones, xavier_uniform, a number, or (name, *numbers)."""
    tensor = torch.zeros(shape)
    name, numbers = (init[0], init[1:]) if isinstance(init, tuple) else (init, ())
    if isinstance(name, int | float):
        return tensor.fill_(float(name))
    if name == "ones":
        tensor.fill_(1.0)
    elif name == "xavier_uniform":
        nn.init.xavier_uniform_(tensor)
    elif name == "normal":
        nn.init.normal_(tensor, std=numbers[0])
    elif name == "trunc_normal":
        nn.init.trunc_normal_(tensor, std=numbers[0], a=-2 * numbers[0], b=2 * numbers[0])
    elif name == "uniform":
        nn.init.uniform_(tensor, *numbers)
    return tensor
