"""From multipliers to contributions: of the bases that stand there, and of those that might."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from getdsl.data.data_source import Indices
from getdsl.runs.interpret.deep_lift import deep_lift
from getdsl.runs.interpret.explained import Explained
from getdsl.runs.interpret.gradient import gradient
from getdsl.runs.interpret.integrated_gradients import integrated_gradients
from getdsl.runs.interpret.pairs import Gap, missed
from getdsl.runs.interpret.references import references
from getdsl.runs.interpret.request import Request


@dataclass(frozen=True)
class Contributions:
    """Of one input, laid out as [B, C, P].

    `hypothetical` says of each base what it would contribute if it stood there; None where the input is no
    DNA. `gap` is what is explained, and what contributions miss of it; None for methods without references.
    `points` [B] are those on the way of integrated gradients. `changes` are the differences of mutagenesis
    as they are.
    """

    actual: Tensor
    hypothetical: Tensor | None = None
    gap: Gap | None = None
    points: Tensor | None = None
    changes: Tensor | None = None


def contributions(explained: Explained, request: Request, samples: Indices, *, dna: bool) -> Contributions:
    """By the request's method, mutagenesis aside."""
    x = explained.x
    if request.method == "gradient":
        return Contributions(gradient(explained))
    if request.method == "input_x_gradient":
        slope = gradient(explained)
        return Contributions(x * slope, slope if dna else None)
    return _against_references(explained, request, samples, dna=dna)


def of_changes(explained: Explained, changes: Tensor) -> Contributions:
    """What mutagenesis says of bases: their changes [B, 4, P], less the mean at each position."""
    centred = changes - changes.mean(1, keepdim=True)
    return Contributions(centred * explained.x, centred, changes=changes)


def _against_references(
    explained: Explained, request: Request, samples: Indices, *, dna: bool
) -> Contributions:
    number = 1 if request.method == "deeplift" else request.references
    others = references(explained.x, samples, request.against(dna=dna), number, request.seed)
    if request.method == "integrated_gradients":
        multipliers, points = integrated_gradients(explained, others, request.steps)
    else:
        multipliers, points = deep_lift(explained, others), None
    gap = missed(explained, others, multipliers)
    if not dna:
        told = (explained.x[:, None] - others) * multipliers
        return Contributions(told.mean(1), None, gap, points)
    hypothetical = (multipliers - (others * multipliers).sum(2, keepdim=True)).mean(1)
    return Contributions(hypothetical * explained.x, hypothetical, gap, points)
