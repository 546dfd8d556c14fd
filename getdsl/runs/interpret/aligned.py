"""The mean contributions of stretches that are called by one motif, laid over each other along it."""

from __future__ import annotations

import numpy as np

from getdsl.formats.meme import Motif
from getdsl.runs.interpret.seqlets import Seqlets
from getdsl.runs.interpret.walk import Array

EVEN = 0.25


def mean_contributions(sequences: Array, contributions: Array, seqlets: Seqlets, motif: Motif) -> Array:
    """[width, 4] of sequences and contributions [N, L, 4]: each stretch where the motif fits it best."""
    matrix = np.array(motif.matrix, np.float64) - EVEN
    width, length = len(matrix), sequences.shape[1]
    total, number = np.zeros((width, 4)), 0
    for sample, start, end in zip(seqlets.sample, seqlets.start, seqlets.end, strict=True):
        low, high = max(0, start - width), min(length, end + width)
        found = _best(sequences[sample, low:high], matrix)
        if found is not None:
            at, backwards = found
            piece = contributions[sample, low + at : low + at + width]
            total += piece[::-1, ::-1] if backwards else piece
            number += 1
    return total / max(1, number)


def _best(sequence: Array, matrix: Array) -> tuple[int, bool] | None:
    """Where in a sequence [L, 4] a motif [w, 4] fits best, and whether it does on the other strand."""
    if len(sequence) < len(matrix):
        return None
    windows = np.lib.stride_tricks.sliding_window_view(sequence, len(matrix), axis=0)  # [L - w + 1, 4, w]
    scores = [np.einsum("lcw,wc->l", windows, each) for each in (matrix, matrix[::-1, ::-1])]
    best = [int(score.argmax()) for score in scores]
    backwards = bool(scores[1][best[1]] > scores[0][best[0]])
    return best[backwards], backwards
