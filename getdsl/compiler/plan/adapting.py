"""Which weights `lora` adapts, and which adapters come from files."""

from __future__ import annotations

import math
from collections.abc import Mapping

from getdsl.compiler.graph.graph import StateTensor
from getdsl.compiler.plan.directives import Lora
from getdsl.compiler.plan.loading import Piece, Shape
from getdsl.compiler.plan.patterns import any_covers, first_covering
from getdsl.compiler.plan.plan import Adapter
from getdsl.diagnostics import Diagnostics

DEFAULT_RANK = 8


def can_adapt(tensor: StateTensor) -> bool:
    """Whether a tensor is the weight of a Linear, Conv1d or Conv2d, as far as its name and axes tell."""
    named = tensor.name.rpartition(".")[2] == "weight"
    return named and tensor.kind != "buffer" and 2 <= len(tensor.shape) <= 4


def targets(lora: Lora, model: Mapping[str, StateTensor], pieces: Mapping[str, Piece]) -> list[str]:
    """The weights to adapt, in the model's order; without `on`, those that the files adapt."""
    if lora.on is None:
        adapted = bases(pieces)
        return [name for name in model if name in adapted]
    patterns = [pattern.text for pattern in lora.on]
    return [name for name, tensor in model.items() if can_adapt(tensor) and any_covers(patterns, name)]


def bases(pieces: Mapping[str, Piece]) -> dict[str, dict[str, Piece]]:
    """The weights that files hold adapters of, each with its matrices under `A` and `B`."""
    found: dict[str, dict[str, Piece]] = {}
    for name, piece in pieces.items():
        found.setdefault(name[: -len(".lora_A")], {})[name[-1]] = piece
    return found


def sides(shape: Shape) -> tuple[int, int]:
    """fan_out and fan_in of a weight: a convolution's fan_in is channels times kernel."""
    return shape[0], math.prod(shape[1:])


def adapters(
    lora: Lora, model: Mapping[str, StateTensor], pieces: Mapping[str, Piece], diagnostics: Diagnostics
) -> dict[str, Adapter]:
    """An adapter for each target; those of the files where they hold one. Disagreements are reported."""
    found: dict[str, Adapter] = {}
    misfits: dict[str, Mapping[str, Piece]] = {}
    ranks: dict[str, tuple[int, int]] = {}
    alphas: dict[str, tuple[float, float]] = {}
    held = bases(pieces)
    for name in targets(lora, model, pieces):
        asked = _number(lora.rank, name)
        rank = _rank_of(model[name], held[name]) if name in held else int(asked or DEFAULT_RANK)
        if rank is None:
            misfits[name] = held[name]
        elif asked is not None and int(asked) != rank:
            ranks[name] = (int(asked), rank)
        else:
            a, b = (held[name][side].source if name in held else None for side in "AB")
            recorded = held[name]["A"].alpha if name in held else None
            found[name] = Adapter(rank, _alpha(lora, name, rank, recorded), lora.dropout, a, b)
            if recorded is not None and found[name].alpha != recorded:
                alphas[name] = (found[name].alpha, recorded)
    _report(lora, model, misfits, ranks, diagnostics)
    for name, (alpha, recorded) in list(alphas.items())[:1]:
        diagnostics.report(
            "GET522",
            f"`lora` sets alpha {alpha:g}, and the adapter of `{name}` was trained with {recorded:g}"
            f"{_more(alphas)}",
            lora.span,
            help="leave `alpha` out to take the file's",
            severity="warning",
        )
    return found


def _report(
    lora: Lora,
    model: Mapping[str, StateTensor],
    misfits: Mapping[str, Mapping[str, Piece]],
    ranks: Mapping[str, tuple[int, int]],
    diagnostics: Diagnostics,
) -> None:
    for name, pieces in list(misfits.items())[:1]:
        shown = ", ".join(f"`{piece.source.key}` {list(piece.shape)}" for piece in pieces.values())
        diagnostics.report(
            "GET522",
            f"the adapter of `{name}` {list(model[name].shape)} does not fit it: {shown}{_more(misfits)}",
            lora.span,
            help="an adapter is A [rank, fan_in] and B [fan_out, rank]; drop the file's to start afresh",
        )
    for name, (asked, rank) in list(ranks.items())[:1]:
        diagnostics.report(
            "GET522",
            f"`lora` asks for rank {asked}, and the file's adapter of `{name}` has rank {rank}{_more(ranks)}",
            lora.rank_span or lora.span,
            help=f"write `rank = {rank}`, or drop the file's adapters to start afresh",
        )


def _more(items: Mapping[str, object]) -> str:
    return f" (and {len(items) - 1} more)" if len(items) > 1 else ""


def _rank_of(tensor: StateTensor, held: Mapping[str, Piece]) -> int | None:
    """The rank of a file's adapter; None where a matrix is absent or does not fit the weight."""
    if set(held) != {"A", "B"} or not held["A"].shape or not held["B"].shape:
        return None
    fan_out, fan_in = sides(tensor.shape)
    rank, a, b = held["A"].shape[0], held["A"].shape, held["B"].shape
    fits = rank > 0 and math.prod(a) == rank * fan_in and b[0] == fan_out and math.prod(b) == fan_out * rank
    return rank if fits else None


def _number(table: Mapping[str, float] | None, name: str) -> float | None:
    pattern = first_covering(table or (), name)
    return (table or {})[pattern] if pattern is not None else None


def _alpha(lora: Lora, name: str, rank: int, recorded: float | None = None) -> float:
    """What `lora` says, else what the file's run had, else the rank, for a scale of 1."""
    alpha = _number(lora.alpha, name)
    alpha = recorded if alpha is None else alpha
    return float(rank) if alpha is None else float(alpha)
