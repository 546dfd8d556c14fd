"""Body of `center_fit.get`."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class CenterFit(nn.Module):
    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        """x [..., N], like [..., P] -> [..., P]; what cannot be even is one more on the right."""
        missing = like.shape[-1] - x.shape[-1]
        # towards zero, of the sizes of an exported graph too
        before = torch.sym_int(missing / 2)  # type: ignore[no-untyped-call]
        return F.pad(x, (before, missing - before))  # negative padding cuts
