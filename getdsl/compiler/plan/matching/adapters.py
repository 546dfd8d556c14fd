"""Which weights `lora` adapts, which adapters come from files, and where the two disagree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from getdsl.compiler.directives.adaptable import adaptable
from getdsl.compiler.directives.covering import first_covering
from getdsl.compiler.directives.directives import Lora
from getdsl.compiler.graph.graph import StateTensor
from getdsl.compiler.plan.matching.held_adapters import Pair, bases, rank_of
from getdsl.compiler.plan.matching.matched import Matched, Provenance, of_kind

DEFAULT_RANK = 8


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
class Misfit:
    """A file's adapter of a weight of another shape."""

    held: Pair


@dataclass(frozen=True)
class OtherRank:
    """The rank that `lora` asks for, and the file's."""

    asked: int
    rank: int


@dataclass(frozen=True)
class OtherAlpha:
    """The alpha that is taken, and the file's."""

    taken: float
    recorded: float


@dataclass(frozen=True)
class Adapters:
    """What `lora` and the files come to, weight by weight; the first three share no weight."""

    found: Mapping[str, Adapter] = field(default_factory=dict)
    misfits: Mapping[str, Misfit] = field(default_factory=dict)
    ranks: Mapping[str, OtherRank] = field(default_factory=dict)
    alphas: Mapping[str, OtherAlpha] = field(default_factory=dict)
    fresh: tuple[str, ...] = ()  # wanted weights that no file adapts
    wanted: tuple[str, ...] = ()


def adapters(lora: Lora | None, model: Mapping[str, StateTensor], files: Iterable[Matched]) -> Adapters:
    """An adapter for each weight that `lora` wants; those of the files where they hold one."""
    if lora is None:
        return Adapters()
    held = bases(piece for item in files for piece in item.pieces.items())
    wanted = _targets(lora, model, held)
    judged = [(name, _judged(lora, model[name], held.get(name))) for name in wanted]
    found = dict(of_kind(judged, Adapter))
    return Adapters(
        found,
        dict(of_kind(judged, Misfit)),
        dict(of_kind(judged, OtherRank)),
        dict(_other_alphas(found, held)),
        _fresh(wanted, held),
        tuple(wanted),
    )


def _targets(lora: Lora, model: Mapping[str, StateTensor], held: Mapping[str, Pair]) -> list[str]:
    """The weights to adapt, in the model's order; without `on`, those that the files adapt."""
    if lora.on is None:
        return [name for name in model if name in held]
    return adaptable((pattern.text for pattern in lora.on), model)


def _judged(lora: Lora, weight: StateTensor, held: Pair | None) -> Adapter | Misfit | OtherRank:
    """The adapter of one weight, or why the file's cannot be it."""
    asked, alpha = _number(lora.rank, weight.name), _number(lora.alpha, weight.name)
    if held is None:
        rank = int(asked or DEFAULT_RANK)
        return Adapter(rank, rank if alpha is None else float(alpha), lora.dropout)
    own = rank_of(weight.shape, held)
    if own is None:
        return Misfit(held)
    if asked is not None and int(asked) != own:
        return OtherRank(int(asked), own)
    recorded = held["A"].alpha
    taken = next((each for each in (alpha, recorded) if each is not None), own)
    return Adapter(own, float(taken), lora.dropout, held["A"].source, held["B"].source)


def _other_alphas(found: Mapping[str, Adapter], held: Mapping[str, Pair]) -> Iterator[tuple[str, OtherAlpha]]:
    """The alphas that are taken where the files' runs had others."""
    for name, adapter in found.items():
        recorded = held[name]["A"].alpha if name in held else None
        if recorded is not None and recorded != adapter.alpha:
            yield name, OtherAlpha(adapter.alpha, recorded)


def _fresh(wanted: Iterable[str], held: Mapping[str, Pair]) -> tuple[str, ...]:
    return tuple(name for name in wanted if name not in held) if held else ()


def _number(table: Mapping[str, float] | None, name: str) -> float | None:
    pattern = first_covering(table or (), name)
    return (table or {})[pattern] if pattern is not None else None
