"""Body of `contact_map_head.get`."""

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_ACTIVATIONS = {"softplus": F.softplus, "relu": torch.relu, "sigmoid": torch.sigmoid}


class ContactMapHead(nn.Module):
    def __init__(
        self,
        *,
        input_dim: int,
        hidden_dim: int = 64,
        output_dim: int = 1,
        activation: Literal["softplus", "relu", "sigmoid", "none"] = "softplus",
    ) -> None:
        super().__init__()
        self.conv1 = _conv3x3(input_dim, hidden_dim)
        self.conv2 = _conv3x3(hidden_dim, hidden_dim)
        self.conv3 = _conv3x3(hidden_dim, hidden_dim)
        self.conv4 = _conv3x3(hidden_dim, output_dim)
        self.activation = _ACTIVATIONS.get(activation)

    def forward(self, x: Tensor) -> Tensor:
        """x [B, C, H, W] -> [B, output_dim, H, W]."""
        y = F.gelu(self.conv1(x))
        y = F.gelu(self.conv2(y)) + y
        y = F.gelu(self.conv3(y)) + y
        y = self.conv4(y)
        return y if self.activation is None else self.activation(y)


def _conv3x3(channels_in: int, channels_out: int) -> nn.Conv2d:
    conv = nn.Conv2d(channels_in, channels_out, 3, padding=1)
    nn.init.xavier_uniform_(conv.weight)
    assert conv.bias is not None
    nn.init.zeros_(conv.bias)
    return conv
