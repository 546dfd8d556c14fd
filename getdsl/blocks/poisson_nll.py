"""Body of `poisson_nll.get`."""

import torch.nn.functional as F
from torch import Tensor, nn

from getdsl.blocks.loss_precision import widen


class PoissonNLL(nn.Module):
    def __init__(self, *, log_input: bool = True, full: bool = False, eps: float = 1e-8) -> None:
        super().__init__()
        self.log_input = log_input
        self.full = full
        self.eps = eps

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        prediction, target = widen(prediction, target)
        return F.poisson_nll_loss(
            prediction, target, log_input=self.log_input, full=self.full, eps=self.eps, reduction="none"
        )
