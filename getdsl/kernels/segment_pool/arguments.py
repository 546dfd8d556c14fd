"""What the pooling ops ask of their lengths."""

import torch
from torch import Tensor

REDUCTIONS = ("mean", "sum", "max")


def check_lengths_form(x: Tensor, lengths: Tensor, reduce: str) -> None:
    """What can be checked without reading a value, so also while a model is traced."""
    if reduce not in REDUCTIONS:
        raise ValueError(f"reduce must be one of {', '.join(REDUCTIONS)}, got {reduce!r}")
    if lengths.ndim != 2 or lengths.shape[0] != x.shape[0]:
        shapes = f"[B, R] with B = {x.shape[0]}, got a tensor of shape {list(lengths.shape)}"
        raise ValueError(f"lengths must be {shapes}")
    if lengths.dtype not in (torch.int64, torch.int32):
        raise ValueError(f"lengths must be int64 or int32, got {lengths.dtype}")
    if lengths.device != x.device:
        raise ValueError(f"lengths must be on the device of x ({x.device}), got {lengths.device}")


def check_lengths(x: Tensor, lengths: Tensor) -> None:
    """Refuses lengths [B, R] that are negative, or that sum past the L of x [B, L, ...]."""
    if lengths.numel() == 0:
        return
    if int(lengths.min()) < 0:
        sample = int(lengths.amin(1).argmin())
        raise ValueError(f"lengths must not be negative: sample {sample} has {int(lengths.min())}")
    totals = lengths.sum(1)
    if int(totals.max()) > x.shape[1]:
        sample = int(totals.argmax())
        total = int(totals[sample])
        raise ValueError(f"lengths of sample {sample} sum to {total}, past L = {x.shape[1]} of x")
