"""Stretches of DNA that contribute, and the known motifs that they are most like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from getdsl.formats.meme import Motif
from getdsl.runs.interpret.libraries import library, quiet
from getdsl.runs.interpret.walk import Array

THRESHOLD = 0.005  # of a stretch, among all stretches of its length
GAP = 8  # bp between two halves of one site, as ABF1's has them
LONGEST = 30  # bp of a site that is put together of parts
FLANK = 4  # bp that are added to both sides before a stretch is matched
ALIKE = 1e-3  # tomtom's p-value from which on a stretch is called by no motif
EVEN = 0.25


@dataclass(frozen=True)
class Seqlets:
    """Stretches [n] of sequences: `start` to `end` of `sample`, and the sum of their contributions."""

    sample: Array
    start: Array
    end: Array
    contribution: Array

    def __len__(self) -> int:
        return len(self.sample)

    def chosen(self, rows: Array) -> Seqlets:
        return Seqlets(self.sample[rows], self.start[rows], self.end[rows], self.contribution[rows])


@dataclass(frozen=True)
class Matches:
    """For each stretch [n] the motif that it is most like, -1 where it is like none, and tomtom's p-value."""

    motif: Array
    p: Array


def find_seqlets(contributions: Array) -> Seqlets:
    """Of contributions [N, L] the stretches that stand out, upwards or downwards, of 4 to 30 bp.

    By tangermeme's recursive rule: every part of such a stretch stands out by itself. Those close to each
    other that go the same way are one, and one that goes down and overlaps one that goes up is left out.
    """
    find = library("tangermeme.seqlet").recursive_seqlets
    with quiet():
        up, down = (_plain(find(sign * contributions, threshold=THRESHOLD), sign) for sign in (1, -1))
    taken = np.zeros(contributions.shape, bool)
    for sample, start, end in zip(up.sample, up.start, up.end, strict=True):
        taken[sample, start:end] = True
    free = [
        not taken[sample, start:end].any()
        for sample, start, end in zip(down.sample, down.start, down.end, strict=True)
    ]
    down = down.chosen(np.array(free, bool))
    both = zip(vars(_together(up)).values(), vars(_together(down)).values(), strict=True)
    return Seqlets(*(np.concatenate(pair) for pair in both))


def _together(seqlets: Seqlets) -> Seqlets:
    """Neighbours that are parts of one site, put together."""
    order = np.lexsort((seqlets.start, seqlets.sample))
    found: list[list[Any]] = []
    for sample, start, end, contribution in zip(
        *(column[order].tolist() for column in vars(seqlets).values()), strict=True
    ):
        last = found[-1] if found and found[-1][0] == sample else None
        if last is not None and start - last[2] <= GAP and end - last[1] <= LONGEST:
            last[2:] = [end, last[3] + contribution]
        else:
            found.append([sample, start, end, contribution])
    columns = zip(*found, strict=True) if found else ((),) * 4
    kinds = (np.int64, np.int64, np.int64, np.float64)
    return Seqlets(*(np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)))


def _plain(table: Any, sign: int) -> Seqlets:
    sample, start, end = (table[name].to_numpy() for name in ("example_idx", "start", "end"))
    return Seqlets(sample, start, end, sign * table["attribution"].to_numpy())


def match_motifs(
    sequences: Array, contributions: Array, seqlets: Seqlets, motifs: Sequence[Motif]
) -> Matches:
    """The nearest motif of each stretch of sequences with contributions [N, L, 4], by memelite's tomtom.

    A base says the less of itself the less it contributes: one that adds nothing could be any.
    """
    queries = [
        _weighted(
            sequences[sample], contributions[sample].sum(1) * np.sign(whole), start - FLANK, end + FLANK
        )
        for sample, start, end, whole in zip(*vars(seqlets).values(), strict=True)
    ]
    targets = [np.array(motif.matrix).T for motif in motifs]
    with quiet():
        p, *_, nearest = library("memelite").tomtom(queries, targets, n_nearest=1)
    motif = np.where(p[:, 0] <= ALIKE, nearest[:, 0], -1).astype(np.int64)
    return Matches(motif, p[:, 0])


def _weighted(sequence: Array, contributions: Array, start: int, end: int) -> Array:
    """Probabilities [4, w] of a stretch: certain from half of its largest contribution on."""
    start, end = max(0, start), min(len(sequence), end)
    weights = np.clip(contributions[start:end], 0, None)
    weights = np.minimum(1, 2 * weights / max(weights.max(), 1e-12))
    found: Array = (EVEN + weights[:, None] * (sequence[start:end] - EVEN)).T.copy()
    return found
