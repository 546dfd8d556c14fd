"""First values of `Parameter(…, init = …)`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from getdsl.compiler.graph.graph import Init


def initialised(shape: tuple[int, ...], init: Init) -> Tensor:
    """A float tensor of a shape; `init` is zeros, ones, xavier_uniform, a number, or (name, *numbers)."""
    tensor = torch.zeros(shape)
    if isinstance(init, int | float):
        return tensor.fill_(float(init))
    name, *numbers = init if isinstance(init, tuple) else (init,)
    if name == "ones":
        tensor.fill_(1.0)
    elif name == "xavier_uniform":
        nn.init.xavier_uniform_(tensor)
    elif name == "normal":
        nn.init.normal_(tensor, std=numbers[0])
    elif name == "trunc_normal":
        nn.init.trunc_normal_(tensor, std=numbers[0], a=-2 * numbers[0], b=2 * numbers[0])
    elif name == "uniform":
        nn.init.uniform_(tensor, numbers[0], numbers[1])
    return tensor
