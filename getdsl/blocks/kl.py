"""Body of `kl.get`."""

import torch
from torch import Tensor, nn

from getdsl.blocks.loss_precision import widen


class KL(nn.Module):
    """q_1 ln(q_1 / p_1) + … + q_N ln(q_N / p_N) of target q and prediction p (Kullback and Leibler 1951).

    The target is a distribution: not negative, with a sum of 1.
    """

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """prediction [..., N] log-probabilities, target [..., N] probabilities -> [...]."""
        log_p, q = widen(prediction, target)
        log_p = log_p.masked_fill((q == 0) & (log_p == -torch.inf), 0)  # 0 · ln 0 is 0
        each: Tensor = torch.special.xlogy(q, q) - q * log_p
        return each.sum(-1)
