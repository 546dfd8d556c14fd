"""Where a run computes: its device, and its threads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import torch

from getdsl.compiler.lower.compiled import Compiled
from getdsl.diagnostics import UserError
from getdsl.runs.opened.options import Options
from getdsl.runs.ranks.placement import Devices, Strategy, placement_of


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


@contextmanager
def repeating_bits(wanted: bool) -> Iterator[None]:
    """Takes the algorithms of torch that repeat their bits. Raises UserError where an operation has none."""
    if not wanted:
        yield
        return
    before = torch.are_deterministic_algorithms_enabled()
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # as cuBLAS asks of those who want it
    torch.use_deterministic_algorithms(True)
    try:
        yield
    except RuntimeError as error:
        if "use_deterministic_algorithms" not in str(error):
            raise
        why = str(error).partition(", but")[0]
        raise UserError(f"`deterministic = true` is not possible: {why}", "take it out of `train`") from error
    finally:
        torch.use_deterministic_algorithms(before)


def accelerator_of(device: str, precision: str = "32-true") -> str:
    """Lightning's name of a device. Raises UserError where it is not there, or cannot do the precision."""
    if device == "gpu" and not torch.cuda.is_available():
        raise UserError("there is no GPU that torch can use", "leave `--device` away")
    chosen = ("gpu" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    if precision == "16-mixed" and chosen == "cpu":
        raise UserError('`precision = "16-mixed"` needs a GPU', 'use "bf16-mixed" or "32-true"')
    return chosen


def where_it_computes(compiled: Compiled, options: Options) -> Compiled:
    """The model, moved to the device that is asked for, where Lightning does not move it.

    Raises UserError where the device is not there.
    """
    return compiled.to("cuda" if accelerator_of(options.device) == "gpu" else "cpu")


def placed(
    options: Options, devices: Devices = None, nodes: int | None = None, strategy: Strategy = "auto"
) -> Options:
    """The options with the processes that are asked for. Raises UserError where they cannot be."""
    gpus = torch.cuda.device_count() if accelerator_of(options.device) == "gpu" else 0
    return replace(options, placement=placement_of(devices, nodes, strategy, gpus))
