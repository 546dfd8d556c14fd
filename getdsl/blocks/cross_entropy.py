"""Body of `cross_entropy.get`."""

import torch
from torch import Tensor, nn

from getdsl.blocks.loss_precision import widen


class CrossEntropy(nn.Module):
    """-(1 - s) log p_k - s / C (log p_1 + … + log p_C) of class k of C (Szegedy et al. 2016 for s > 0).

    A number that is no class, below 0 or from C up, gives NaN, so that a `where` can leave it out and a run
    that meets one ends with the samples that have it.
    """

    def __init__(self, *, label_smoothing: float = 0.0) -> None:
        super().__init__()
        self.label_smoothing = label_smoothing

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """prediction [..., C] logits, target [...] integers -> [...]."""
        logits, _ = widen(prediction, prediction)
        classes = logits.shape[-1]
        known = (target >= 0) & (target < classes)
        log_p = logits.log_softmax(-1)
        own = log_p.gather(-1, target.clamp(0, classes - 1).long().unsqueeze(-1)).squeeze(-1)
        if self.label_smoothing:
            own = (1 - self.label_smoothing) * own + self.label_smoothing * log_p.mean(-1)
        return torch.where(known, -own, torch.nan)
