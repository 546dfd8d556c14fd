"""Body of `profile_window.get`."""

import torch
from torch import Tensor, nn


class ProfileWindow(nn.Module):
    def __init__(self, *, width: int | None = None) -> None:
        super().__init__()
        self.width = width

    def forward(self, profile: Tensor, peak_lengths: Tensor) -> Tensor:
        """profile [B, R, P], peak_lengths [B, R] -> [B, R, P]."""
        own = own_positions(profile, peak_lengths)[..., None]  # [B, R, 1]
        step = torch.arange(profile.shape[2], device=profile.device)
        if self.width is None:
            return step < own
        start = (own - self.width).clamp(min=0) // 2
        return (step >= start) & (step < (start + self.width).minimum(own))


def own_positions(profile: Tensor, peak_lengths: Tensor) -> Tensor:
    """How many positions of the profile each peak has, [B, R]: its length less what the kernel takes."""
    longest = peak_lengths.amax() if peak_lengths.numel() else 0
    return (peak_lengths - (longest - profile.shape[2])).clamp(min=0)
