"""Body of `profile_track.get`."""

from typing import cast

import torch
from torch import Tensor, nn

from getdsl.blocks.profile_window import own_positions
from getdsl.blocks.split_peaks import SplitPeaks


class ProfileTrack(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cut = SplitPeaks()

    def forward(self, profile: Tensor, track: Tensor, peak_lengths: Tensor) -> Tensor:
        """profile [B, R, P], track [B, L], peak_lengths [B, R] -> [B, R, P].

        Raises ValueError where the profile is longer than all peaks, and for lengths that do not fit.
        """
        peaks = cast(Tensor, self.cut(track[..., None], peak_lengths)).squeeze(3)  # [B, R, S]
        width = profile.shape[2]
        if peaks.shape[2] < width:
            raise ValueError(f"the longest peak has {peaks.shape[2]} bp, and the profile {width} positions")
        start = (peaks.shape[2] - width) // 2  # half of what a valid convolution takes
        inside = torch.arange(width, device=track.device) < own_positions(profile, peak_lengths)[..., None]
        return torch.where(inside, peaks[..., start : start + width], 0)
