"""Body of `bce.get`."""

import torch
from torch import Tensor, nn

from getdsl.blocks.loss_precision import widen


class BCE(nn.Module):
    """-t ln p - (1 - t) ln (1 - p), with p held from eps to 1 - eps as Keras' binary_crossentropy does.

    What is no probability, such as a logit, gives NaN.
    """

    def __init__(self, *, eps: float = 1e-7) -> None:
        super().__init__()
        self.eps = eps

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        p, t = widen(prediction, target)
        held = p.clamp(self.eps, 1 - self.eps)
        loss = -(t * held.log() + (1 - t) * torch.log1p(-held))
        return torch.where((p < 0) | (p > 1), torch.nan, loss)
