"""Integrated gradients (Sundararajan et al. 2017), with points where a way from a reference bends."""

from __future__ import annotations

import torch
from torch import Tensor

from getdsl.runs.interpret.explained import Explained
from getdsl.runs.interpret.pairs import COMPLETE
from getdsl.runs.interpret.pieces import RULE, Pieces, equal_pieces
from getdsl.runs.interpret.ways import ROWS, Ways

MOST = 4096  # points on a way, unless more are asked for
ROUNDED = 4  # units in the last place of the output
SHARE = 8  # one piece in so many is halved at a time


def integrated_gradients(explained: Explained, references: Tensor, steps: int) -> tuple[Tensor, Tensor]:
    """Mean gradients between references and inputs, [B, K, C, P], and the points on each way, [B].

    The integral along a piece of a way is known: the difference of the output between its ends. While the
    pieces of a sample miss more than a thousandth of its difference together, those that miss most are
    halved. A scan of motifs bends thousands of times on a way, most of them near its ends, and there the
    points go; at each bend the gradient steps, which no rule of higher order sees.
    """
    each = [_of_sample(Ways(explained, references[row], row), steps) for row in range(len(references))]
    points = torch.tensor([number for _, number in each], device=explained.device)
    return torch.stack([gradients for gradients, _ in each]), points


def _of_sample(ways: Ways, steps: int) -> tuple[Tensor, int]:
    """Of each way [K, C, P], and the points of a way on the mean."""
    pieces = equal_pieces(ways, -(-steps // RULE))
    while not _add_up(pieces, len(ways)) and len(pieces) * RULE < MOST * len(ways):
        number = min(len(pieces), max(ROWS // RULE // 2, len(pieces) // SHARE))
        pieces = pieces.halved(ways, pieces.missed.abs().topk(number).indices)
    return pieces.whole(ways), len(pieces) * RULE // len(ways)


def _add_up(pieces: Pieces, ways: int) -> bool:
    """To the difference but for a thousandth, or for rounding where there is next to none."""
    difference, missed = pieces.differences.sum().abs(), pieces.missed.sum().abs()
    rounding = ROUNDED * torch.finfo(pieces.gradients.dtype).eps * pieces.values.abs().mean()
    return bool(missed <= torch.maximum(COMPLETE * difference, ways * rounding))
