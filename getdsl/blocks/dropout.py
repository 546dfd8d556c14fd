"""Body of `dropout.get`."""

from torch import nn


class Dropout(nn.Dropout):
    def __init__(self, *, p: float = 0.5) -> None:
        super().__init__(p)
