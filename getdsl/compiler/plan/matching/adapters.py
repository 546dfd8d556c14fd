"""Which weights `lora` adapts, which adapters come from files, and where the two disagree."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from getdsl.compiler.directives.adaptable import adaptable
from getdsl.compiler.directives.covering import first_covering
from getdsl.compiler.directives.directives import Lora
from getdsl.compiler.graph.graph import StateTensor
from getdsl.compiler.plan.matching.matched import Matched, Piece, Provenance, Shape

DEFAULT_RANK = 8
Pair = Mapping[str, Piece]  # an adapter's matrices in a file, under `A` and `B`


@dataclass(frozen=True)
class Adapter:
    """A low-rank adapter of a weight: W + B @ A * (alpha / rank), as in Hu et al. 2021, arXiv:2106.09685.

    A is [rank, fan_in] and B [fan_out, rank]; for a convolution fan_in is channels times kernel, and
    B @ A is viewed as the kernel. `a` and `b` say where they are loaded from; None: fresh (B zeros).
    """

    rank: int
    alpha: float
    dropout: float = 0.0
    a: Provenance | None = None
    b: Provenance | None = None


@dataclass(frozen=True)
class Adapters:
    """What `lora` and the files come to, weight by weight; the first three share no weight."""

    found: Mapping[str, Adapter] = field(default_factory=dict)
    misfits: Mapping[str, Pair] = field(default_factory=dict)  # of a file, for a weight of another shape
    ranks: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # asked for, and the file's
    alphas: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # taken, and the file's
    fresh: tuple[str, ...] = ()  # wanted weights that no file adapts
    wanted: tuple[str, ...] = ()


def adapters(lora: Lora | None, model: Mapping[str, StateTensor], files: Iterable[Matched]) -> Adapters:
    """An adapter for each weight that `lora` wants; those of the files where they hold one."""
    if lora is None:
        return Adapters()
    held = bases(piece for item in files for piece in item.pieces.items())
    wanted = _targets(lora, model, held)
    own = {name: _rank_of(model[name].shape, held[name]) for name in wanted if name in held}
    misfits = {name: held[name] for name, rank in own.items() if rank is None}
    ranks = _other_ranks(lora, own)
    taken = [name for name in wanted if not {name} & {*misfits, *ranks}]
    found = {name: _adapter(lora, name, held.get(name), own.get(name)) for name in taken}
    fresh = [name for name in wanted if name not in held] if held else []
    return Adapters(found, misfits, ranks, _other_alphas(found, held), tuple(fresh), tuple(wanted))


def _other_ranks(lora: Lora, own: Mapping[str, int | None]) -> dict[str, tuple[int, int]]:
    """The ranks that `lora` asks for and those of the files, where they differ."""
    asked = {name: _number(lora.rank, name) for name in own}
    return {
        name: (int(wanted), rank)
        for name, rank in own.items()
        if rank is not None and (wanted := asked[name]) is not None and int(wanted) != rank
    }


def _other_alphas(found: Mapping[str, Adapter], held: Mapping[str, Pair]) -> dict[str, tuple[float, float]]:
    """The alphas that are taken and those that the files' runs had, where they differ."""
    recorded = {name: held[name]["A"].alpha for name in found if name in held}
    pairs = {name: (found[name].alpha, alpha) for name, alpha in recorded.items() if alpha is not None}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def bases(pieces: Iterable[tuple[str, Piece]]) -> dict[str, dict[str, Piece]]:
    """The weights that files hold adapters of, each with its matrices under `A` and `B`; later ones count."""
    found: dict[str, dict[str, Piece]] = {}
    for name, piece in pieces:
        found.setdefault(base_of(name), {})[name[-1]] = piece
    return found


def base_of(piece: str) -> str:
    """`X.weight` of `X.weight.lora_A`."""
    return piece[: -len(".lora_A")]


def _targets(lora: Lora, model: Mapping[str, StateTensor], held: Mapping[str, Pair]) -> list[str]:
    """The weights to adapt, in the model's order; without `on`, those that the files adapt."""
    if lora.on is None:
        return [name for name in model if name in held]
    return adaptable((pattern.text for pattern in lora.on), model)


def _adapter(lora: Lora, name: str, held: Pair | None, own: int | None) -> Adapter:
    """`own` is the rank of the file's adapter. Alpha: of `lora`, else of the file's run, else the rank."""
    rank = int(_number(lora.rank, name) or DEFAULT_RANK) if own is None else own
    recorded = held["A"].alpha if held is not None else None
    asked = _number(lora.alpha, name)
    alpha = next((float(each) for each in (asked, recorded) if each is not None), float(rank))
    a, b = (held[side].source if held is not None else None for side in "AB")
    return Adapter(rank, alpha, lora.dropout, a, b)


def _rank_of(shape: Shape, held: Pair) -> int | None:
    """The rank of a file's adapter; None where a matrix is absent or does not fit the weight."""
    if set(held) != {"A", "B"} or not held["A"].shape or not held["B"].shape:
        return None
    fan_out, fan_in = shape[0], math.prod(shape[1:])  # a convolution's fan_in is channels times kernel
    rank, a, b = held["A"].shape[0], held["A"].shape, held["B"].shape
    fits = rank > 0 and math.prod(a) == rank * fan_in and b[0] == fan_out and math.prod(b) == fan_out * rank
    return rank if fits else None


def _number(table: Mapping[str, float] | None, name: str) -> float | None:
    pattern = first_covering(table or (), name)
    return (table or {})[pattern] if pattern is not None else None
