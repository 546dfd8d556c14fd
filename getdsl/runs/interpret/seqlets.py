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
FLANK = 2  # bp that are added to both sides before a stretch is matched
ALIKE = 1e-3  # tomtom's p-value from which on a stretch is called by no motif


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
    """For each stretch [n] the motif that it is most like; -1 where it is like none.

    Position 0 of the motif lies `offset` bp after the stretch's start (before it, where negative), along
    the motif's strand: `strand` is -1 where the motif stands on the other one.
    """

    motif: Array
    p: Array
    offset: Array
    strand: Array


def find_seqlets(contributions: Array) -> Seqlets:
    """Of contributions [N, L] those stretches of 4 to 25 bp that stand out, upwards or downwards.

    By tangermeme's recursive rule: every part of such a stretch stands out by itself. One that goes down and
    overlaps one that goes up is left out.
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
    joined = (
        np.concatenate(pair) for pair in zip(vars(up).values(), vars(down).values(), strict=True)
    )
    return Seqlets(*joined)


def _plain(table: Any, sign: int) -> Seqlets:
    sample, start, end = (table[name].to_numpy() for name in ("example_idx", "start", "end"))
    return Seqlets(sample, start, end, sign * table["attribution"].to_numpy())


def match_motifs(sequences: Array, seqlets: Seqlets, motifs: Sequence[Motif]) -> Matches:
    """The nearest motif of each stretch of one-hot sequences [N, L, 4], by memelite's tomtom."""
    length = sequences.shape[1]
    starts = np.maximum(seqlets.start - FLANK, 0)
    ends = np.minimum(seqlets.end + FLANK, length)
    stretches = zip(seqlets.sample, starts, ends, strict=True)
    queries = [sequences[sample, start:end].T.astype(np.float64) for sample, start, end in stretches]
    targets = [np.array(motif.matrix).T for motif in motifs]
    with quiet():
        p, _, offset, _, strand, nearest = library("memelite").tomtom(queries, targets, n_nearest=1)
    p, offset, strand, nearest = (np.asarray(each)[:, 0] for each in (p, offset, strand, nearest))
    motif = np.where(p <= ALIKE, nearest, -1).astype(np.int64)
    return Matches(motif, p, offset.astype(np.int64), np.where(strand == 0, 1, -1))
