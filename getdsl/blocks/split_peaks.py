"""Body of `split_peaks.get`."""

from typing import cast

import torch
from torch import Tensor, nn


class SplitPeaks(nn.Module):
    def __init__(self, *, at_least: int = 1) -> None:
        super().__init__()
        self.at_least = at_least

    def forward(
        self, x: Tensor, peak_lengths: Tensor, *, outputs: tuple[str, ...] = ("peaks",)
    ) -> Tensor | dict[str, Tensor]:
        """x [B, L, D], peak_lengths [B, R] -> peaks [B, R, S, D] and inside [B, R, S], S the longest peak.

        Raises ValueError where lengths are negative or sum past L, or where all peaks are too short.
        """
        longest = self._longest(peak_lengths, x.shape[1])
        step = torch.arange(longest, device=x.device)
        inside = step < peak_lengths[..., None]  # [B, R, S]
        found: dict[str, Tensor] = {"inside": inside}
        if "peaks" in outputs:
            starts = peak_lengths.cumsum(1) - peak_lengths
            places = torch.where(inside, starts[..., None] + step, 0).flatten(1)  # [B, R * S]
            rows = x.gather(1, places[..., None].expand(-1, -1, x.shape[2]))
            found["peaks"] = torch.where(inside[..., None], rows.reshape(*inside.shape, -1), 0)
        return found[outputs[0]] if len(outputs) == 1 else {name: found[name] for name in outputs}

    def _longest(self, peak_lengths: Tensor, length: int) -> int:
        if torch.compiler.is_exporting():  # the size stays free, and lengths that do not fit are not told
            longest = cast(int, peak_lengths.max().item())  # `int` would settle it
            torch._check(longest >= self.at_least)  # type: ignore[no-untyped-call]
            return longest
        check_lengths(peak_lengths, length)
        longest = int(peak_lengths.max()) if peak_lengths.numel() else 0
        if longest < self.at_least:
            raise ValueError(f"the longest peak has {longest} bp, and {self.at_least} are needed")
        return longest


def check_lengths(lengths: Tensor, length: int) -> None:
    """Raises ValueError where ragged lengths [B, R] do not fit into a sequence of `length`."""
    if not lengths.numel():
        return
    if int(lengths.min()) < 0:
        raise ValueError(f"peak_lengths of sample {int(lengths.amin(1).argmin())} holds {int(lengths.min())}")
    totals = lengths.sum(1)
    if int(totals.max()) > length:
        sample = int(totals.argmax())
        raise ValueError(f"peak_lengths of sample {sample} sum to {int(totals[sample])}, past L = {length}")
