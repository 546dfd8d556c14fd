"""Body of `contrastive.get`."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from getdsl.blocks.loss_precision import widen


class Contrastive(nn.Module):
    """-ln softmax of left_i · right_i / temperature among left_i · right_j of all j, for each i.

    InfoNCE of van den Oord et al. 2018; with `both_ways` the mean with that of the transposed similarities,
    as CLIP has it (Radford et al. 2021). The rows are those of the whole batch, on all devices.
    """

    def __init__(self, *, temperature: float = 0.07, normalize: bool = True, both_ways: bool = True) -> None:
        super().__init__()
        self.temperature = temperature
        self.normalize = normalize
        self.both_ways = both_ways

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        """[N, D] each -> [N]."""
        left, right = widen(left, right)
        if self.normalize:
            left, right = F.normalize(left, dim=-1), F.normalize(right, dim=-1)
        with torch.autocast(
            left.device.type, enabled=False
        ):  # the logits are of the order of 1 / temperature
            logits = left @ right.T / self.temperature
        own = logits.diagonal()
        loss = logits.logsumexp(1) - own
        return (loss + logits.logsumexp(0) - own) / 2 if self.both_ways else loss
