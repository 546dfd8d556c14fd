"""Body of `bce_with_logits.get`."""

import torch.nn.functional as F
from torch import Tensor, nn

from getdsl.blocks.loss_precision import widen


class BCEWithLogits(nn.Module):
    def __init__(self, *, pos_weight: float = 1.0) -> None:
        super().__init__()
        self.pos_weight = pos_weight

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        prediction, target = widen(prediction, target)
        weight = prediction.new_tensor(self.pos_weight)
        return F.binary_cross_entropy_with_logits(prediction, target, reduction="none", pos_weight=weight)
