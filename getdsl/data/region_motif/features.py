"""What GET makes of the numbers of its stores, for peaks that stand in windows."""

from __future__ import annotations

from typing import Any

import numpy as np

from getdsl.data.draws import uniform
from getdsl.data.places import Ints

Floats = np.ndarray[Any, np.dtype[np.float32]]
HIDDEN = 11  # the stream of `uniform`


def scale(motifs: Floats, largest: Floats) -> None:
    """Divides motifs [n, R, M] by their largest values [n, M], in place; at most 1, and 0 where all are 0."""
    factor = np.where(largest > 0, largest, np.float32(1))
    np.divide(motifs, factor[:, None], out=motifs)
    np.minimum(motifs, np.float32(1), out=motifs)


def accessibility(atpm: Floats, *, quantitative: bool) -> Floats:
    """The last feature [n, R]: accessibility over the largest of the window, or 1; 0 where all are 0."""
    if not quantitative:
        return np.ones_like(atpm)
    most = atpm.max(axis=1, keepdims=True)
    return (atpm / np.where(most > 0, most, np.float32(1))).astype(np.float32, copy=False)


def labels(expression: Floats, atpm: Floats, cutoff: float) -> Floats:
    """Expression [n, R, 2], 0 on peaks whose accessibility [n, R] is less than the cutoff."""
    found: Floats = np.where((atpm < np.float32(cutoff))[..., None], np.float32(0), expression)
    return found


def hidden(
    ratio: float, samples: Ints, shifts: np.ndarray[Any, np.dtype[np.float64]] | None, size: int
) -> Ints:
    """Which peaks [n, size] of some samples are hidden, each with the probability `ratio`: 1 or 0.

    They follow from what is drawn for each sample [n], or where nothing is drawn from its number.
    """
    keys = samples if shifts is None else (shifts * 2.0**53).astype(np.int64) >> 11
    positions = keys[:, None] * size + np.arange(size)
    stream = HIDDEN if shifts is None else HIDDEN + 1
    found = uniform(0, 0, stream, positions.ravel()).reshape(positions.shape) < ratio
    return found.astype(np.int64)
