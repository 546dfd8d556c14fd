"""Body of `linear.get`."""

from typing import Literal

from torch import nn


class Linear(nn.Linear):
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
