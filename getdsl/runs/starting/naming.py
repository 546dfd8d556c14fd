"""Chromosomes that files call by other names than the genome does: 1 for chr1, chrI for I."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from getdsl.data.errors import same_chromosome


def renaming(names: Iterable[str], genome: Iterable[str]) -> Mapping[str, str]:
    """The genome's name for each of a file's that it lacks, where exactly one fits."""
    known = list(genome)
    found = {}
    for name in names:
        if name in known:
            continue
        near = same_chromosome(name, known)
        if len(near) == 1:
            found[name] = near[0]
    return found
