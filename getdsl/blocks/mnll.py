"""Body of `mnll.get`."""

import torch
from torch import Tensor, nn

from getdsl.blocks.loss_precision import widen


class MNLL(nn.Module):
    """-ln(n! / (k_1! … k_N!) · p_1^k_1 … p_N^k_N) for counts k that sum to n; BPNet's profile loss."""

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """prediction [..., N] log-probabilities, target [..., N] counts -> [...]."""
        log_p, count = widen(prediction, target)
        # 0 · ln 0 is 0 here, as 0^0 is 1
        log_p = log_p.masked_fill((count == 0) & (log_p == -torch.inf), 0)
        ways = torch.lgamma(count.sum(-1) + 1) - torch.lgamma(count + 1).sum(-1)
        return -ways - (count * log_p).sum(-1)
