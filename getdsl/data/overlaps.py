"""Which regions of one set overlap those of another, or lie too close to them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from getdsl.data.places import Ints


class Stretches(NamedTuple):
    """Stretches of a genome [n]; `start` and `end` in bp, half-open."""

    chrom: Ints
    start: Ints
    end: Ints

    def chosen(self, rows: Ints) -> Stretches:
        return Stretches(self.chrom[rows], self.start[rows], self.end[rows])

    def in_a_line(self, gap: int) -> Stretches:
        """The same on one long chromosome, where those of two chromosomes are never within `gap`."""
        lowest = min(0, int(self.start.min(initial=0)))
        length = int(self.end.max(initial=0)) - lowest + gap + 1
        shift = self.chrom.astype(np.int64) * length - lowest
        return Stretches(np.zeros_like(self.chrom), self.start + shift, self.end + shift)


def near(these: Stretches, those: Stretches, gap: int = 0) -> Ints:
    """For each of these, one of those that it overlaps or that lies closer than `gap` bp; -1 where none does.

    O((n + m) log m).
    """
    if not len(those.start):
        return np.full(len(these.start), -1, np.int64)
    both = Stretches(*(np.concatenate(pair) for pair in zip(these, those, strict=True))).in_a_line(gap)
    n = len(these.start)
    start, end = both.start[n:], both.end[n:]
    order = np.lexsort((end, start))
    reach = np.maximum.accumulate(end[order])
    # The one among those sorted before that reaches farthest: where `reach` last grew.
    farthest = np.maximum.accumulate(np.where(end[order] == reach, np.arange(len(order)), 0))
    before = np.searchsorted(start[order], both.end[:n] + gap) - 1
    found = (before >= 0) & (reach[before] > both.start[:n] - gap)
    return np.where(found, order[farthest[before]], -1)


def clusters(all: Stretches, gap: int = 0) -> Ints:
    """A number for each stretch [n]: those of two numbers do not overlap, and are at least `gap` bp apart."""
    line = all.in_a_line(gap)
    order = np.argsort(line.start, kind="stable")
    reach = np.maximum.accumulate(line.end[order])
    opens = np.concatenate([[False], line.start[order][1:] >= reach[:-1] + gap])
    numbers = np.empty(len(order), np.int64)
    numbers[order] = np.cumsum(opens)[: len(order)]
    return numbers


def between(taken: Stretches, lengths: Ints) -> Stretches:
    """What chromosomes of some lengths hold beside the stretches that are taken, in their order."""
    ends = Stretches(np.arange(len(lengths)), lengths, lengths)  # each chromosome ends as if by a stretch
    all = Stretches(*(np.concatenate(pair) for pair in zip(taken, ends, strict=True)))
    chrom, start, end = all.chosen(np.lexsort((all.start, all.chrom)))
    start, end = (np.clip(position, 0, lengths[chrom]) for position in (start, end))
    before = np.concatenate([[0], np.cumsum(lengths)])[chrom]  # on one long chromosome
    reach = np.maximum.accumulate(before + end)
    begin = np.maximum(np.concatenate([[0], reach[:-1]]) - before, 0)
    free = np.flatnonzero(start > begin)
    return Stretches(chrom[free], begin[free], start[free])
