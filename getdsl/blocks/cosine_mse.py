"""Body of `cosine_mse.get`."""

import torch.nn.functional as F
from torch import Tensor, nn

from getdsl.blocks.loss_precision import widen


class CosineMSE(nn.Module):
    """mse - w · cos(prediction, target) with w = min(max(mse of all, 1), max_weight).

    The loss of CREsted's peak regression (Kempynck et al. 2024, `CosineMSELoss`), where cell types are the
    last axis; for w = max_weight = 1 the terms of an example do not depend on others. The mean over all
    examples is CREsted's.
    """

    def __init__(self, *, max_weight: float = 1.0) -> None:
        super().__init__()
        self.max_weight = max_weight

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        """[..., N] each -> [...]."""
        prediction, target = widen(prediction, target)
        error = (prediction - target).square().mean(-1)
        cosine = F.cosine_similarity(prediction, target, dim=-1, eps=1e-6)
        if self.max_weight == 1.0:
            return error - cosine
        return error - error.mean().clamp(1.0, self.max_weight) * cosine
