"""Weights that are no numbers, or would be none in the model: refused before one of them is copied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import first_of, joined

INF = float("inf")
LARGEST = torch.finfo(torch.float32).max


@dataclass(frozen=True)
class Given:
    """A tensor of the model, by its name, with the values that a file has for it."""

    name: str
    values: Tensor
    is_buffer: bool


def refuse_non_finite(file: str, given: Iterable[Given]) -> None:
    """Raises UserError where values of a file are NaN or infinite, or become so as the model's float32.

    A buffer may hold -inf, as masks of attention do.
    """
    found: dict[str, list[str]] = {}
    for item in given:
        what = _wrong(item.values, is_buffer=item.is_buffer)
        if what is not None:
            found.setdefault(what, []).append(item.name)
    if found:
        raise UserError(
            f"{joined((_sentence(what, names) for what, names in found.items()), '; ')}, in {file}",
            "its training may have broken off so, or it was saved in too few bits: take another checkpoint, "
            "or start these afresh with `drop` and `new`",
        )


def holding_nan(state: Mapping[str, Tensor]) -> list[str]:
    """The names of tensors that hold NaN. Infinity may be meant: a mask of attention, a running maximum."""
    floats = {name: tensor for name, tensor in state.items() if tensor.is_floating_point()}
    return [name for name, tensor in floats.items() if bool(tensor.isnan().any())]


def _sentence(what: str, names: list[str]) -> str:
    return f"{first_of(names, 1)} hold{'s' if len(names) == 1 else ''} {what}"


def _wrong(values: Tensor, *, is_buffer: bool) -> str | None:
    if not values.is_floating_point() or not values.numel():
        return None
    least, most = (float(end) for end in torch.aminmax(values))
    if least != least or most != most:
        return "NaN"
    largest = max(0.0 if is_buffer and least == -INF else -least, most)
    if largest == INF:
        return "inf"
    return "numbers beyond float32's, which would be inf" if largest > LARGEST else None
