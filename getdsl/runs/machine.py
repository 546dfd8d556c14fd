"""Where a run computes: its device, and its threads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from getdsl.diagnostics import UserError


@contextmanager
def using_threads(number: int | None) -> Iterator[None]:
    """Computes with so many threads, at most one a core; None: as many as torch takes."""
    before = torch.get_num_threads()
    if number is not None:
        torch.set_num_threads(min(number, os.cpu_count() or number))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def accelerator_of(device: str, precision: str) -> str:
    """Lightning's name of a device. Raises UserError where it is not there, or cannot do the precision."""
    if device == "gpu" and not torch.cuda.is_available():
        raise UserError("there is no GPU that torch can use", "leave `--device` away")
    chosen = ("gpu" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    if precision == "16-mixed" and chosen == "cpu":
        raise UserError('`precision = "16-mixed"` needs a GPU', 'use "bf16-mixed" or "32-true"')
    return chosen
