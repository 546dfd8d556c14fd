"""The adapters that files hold: each weight's two matrices, and the rank that they have."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

from getdsl.compiler.plan.matching.matched import PARTS, Piece, Shape

Pair = Mapping[str, Piece]  # an adapter's matrices in a file, under `A` and `B`


def bases(pieces: Iterable[tuple[str, Piece]]) -> dict[str, dict[str, Piece]]:
    """The weights that files hold adapters of, each with its matrices under `A` and `B`; later ones count."""
    found: dict[str, dict[str, Piece]] = {}
    for name, piece in pieces:
        found.setdefault(base_of(name), {})[name[-1]] = piece
    return found


def base_of(piece: str) -> str:
    """`X.weight` of `X.weight.lora_A`."""
    return piece[: -len(PARTS[0])]


def rank_of(shape: Shape, held: Pair) -> int | None:
    """The rank of a file's adapter; None where a matrix is absent or does not fit the weight."""
    if set(held) != {"A", "B"} or not held["A"].shape or not held["B"].shape:
        return None
    fan_out, fan_in = shape[0], math.prod(shape[1:])  # a convolution's fan_in is channels times kernel
    rank, a, b = held["A"].shape[0], held["A"].shape, held["B"].shape
    fits = rank > 0 and math.prod(a) == rank * fan_in and b[0] == fan_out and math.prod(b) == fan_out * rank
    return rank if fits else None
