"""Body of `patch_lengths.get`."""

import torch
from torch import Tensor, nn


class PatchLengths(nn.Module):
    def __init__(self, *, patch: int = 25) -> None:
        super().__init__()
        self.patch = patch

    def forward(self, peak_lengths: Tensor) -> Tensor:
        """peak_lengths [B, R] -> [B, R]. Raises ValueError where a length is no multiple of a patch."""
        return in_patches(peak_lengths, self.patch)


def in_patches(peak_lengths: Tensor, patch: int) -> Tensor:
    """Lengths [B, R] divided by `patch`. Raises ValueError, naming the row, for one that does not divide."""
    # a traced graph, and a GPU that would have to wait, go without
    if not torch.compiler.is_compiling() and peak_lengths.device.type == "cpu":
        rest = peak_lengths % patch != 0
        if bool(rest.any()):
            row, column = (int(i) for i in rest.nonzero()[0])
            length = int(peak_lengths[row, column])
            raise ValueError(f"peak_lengths[{row}, {column}] is {length} bp, not a multiple of {patch}")
    return peak_lengths // patch
