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

    @property
    def scale(self) -> float:
        return self.alpha / self.rank


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
class Contradicted:
    """The rank that is said of a file's adapter, and the one that it has."""

    said: int
    rank: int


@dataclass(frozen=True)
class Unscaled:
    """A file's adapter of which nothing says the alpha."""

    rank: int
    source: Provenance


@dataclass(frozen=True)
class OtherAlpha:
    """The alpha that is taken, and the file's."""

    taken: float
    recorded: float


Fault = Misfit | OtherRank | Contradicted | Unscaled


@dataclass(frozen=True)
class Adapters:
    """What `lora` and the files come to, weight by weight; but for `alphas`, they share no weight."""

    found: Mapping[str, Adapter] = field(default_factory=dict)
    misfits: Mapping[str, Misfit] = field(default_factory=dict)
    ranks: Mapping[str, OtherRank] = field(default_factory=dict)
    contradicted: Mapping[str, Contradicted] = field(default_factory=dict)
    unscaled: Mapping[str, Unscaled] = field(default_factory=dict)
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
        dict(of_kind(judged, Contradicted)),
        dict(of_kind(judged, Unscaled)),
        dict(_other_alphas(found, held)),
        _fresh(wanted, held),
        tuple(wanted),
    )


def _targets(lora: Lora, model: Mapping[str, StateTensor], held: Mapping[str, Pair]) -> list[str]:
    """The weights to adapt, in the model's order; without `on`, those that the files adapt."""
    if lora.on is None:
        return [name for name in model if name in held]
    return adaptable((pattern.text for pattern in lora.on), model)


def _judged(lora: Lora, weight: StateTensor, held: Pair | None) -> Adapter | Fault:
    """The adapter of one weight, or why the file's cannot be it."""
    rank, alpha = _number(lora.rank, weight.name), _number(lora.alpha, weight.name)
    if held is not None:
        return _of_file(lora, weight, held, rank, alpha)
    fresh = int(rank or DEFAULT_RANK)
    return Adapter(fresh, fresh if alpha is None else alpha, lora.dropout)


def _of_file(
    lora: Lora, weight: StateTensor, held: Pair, asked: float | None, alpha: float | None
) -> Adapter | Fault:
    """A file's adapter. Its scale is that of its training, as `lora` or the file says: never guessed."""
    rank = rank_of(weight.shape, held)
    if rank is None:
        return Misfit(held)
    if asked is not None and int(asked) != rank:
        return OtherRank(int(asked), rank)
    a, b, said = held["A"].source, held["B"].source, held["A"].recorded
    if said is not None and said.rank != rank:
        return Contradicted(said.rank, rank)
    taken = said.alpha if alpha is None and said is not None else alpha
    return Unscaled(rank, a) if taken is None else Adapter(rank, taken, lora.dropout, a, b)


def _other_alphas(found: Mapping[str, Adapter], held: Mapping[str, Pair]) -> Iterator[tuple[str, OtherAlpha]]:
    """The alphas that are taken where the files' runs had others."""
    for name, adapter in found.items():
        said = held[name]["A"].recorded if name in held else None
        if said is not None and said.alpha != adapter.alpha:
            yield name, OtherAlpha(adapter.alpha, said.alpha)


def _fresh(wanted: Iterable[str], held: Mapping[str, Pair]) -> tuple[str, ...]:
    return tuple(name for name in wanted if name not in held) if held else ()


def _number(table: Mapping[str, float] | None, name: str) -> float | None:
    pattern = first_covering(table or (), name)
    return float((table or {})[pattern]) if pattern is not None else None
