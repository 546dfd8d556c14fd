"""Files of aligned reads: which fragments, or which single reads, lie at a place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from getdsl.data.errors import DataError
from getdsl.data.fragment_ends import Counted, FragmentEnds
from getdsl.data.opened import PerProcess
from getdsl.data.reader import Context
from getdsl.formats import alignments as sam
from getdsl.formats.alignments import Alignments
from getdsl.formats.text import FormatError

LONGEST = 2000
"""bp of a fragment that counts, as by Bowtie 2's `-X 2000`."""
_LOOKED_AT = 1000  # reads from which is seen whether they are paired
_NEVER = sam.UNMAPPED | sam.SECONDARY | sam.FAILED | sam.SUPPLEMENTARY


@dataclass(frozen=True)
class ReadCounting:
    """Which reads count, and what of them."""

    counted: Counted
    paired: bool
    mapping_quality: int
    duplicates: bool
    distinct: bool
    shift: tuple[int, int]

    @property
    def reach(self) -> int:
        """bp beside a place in which reads may begin whose fragments touch it."""
        return max(map(abs, self.shift)) + (LONGEST if self.paired else 0)

    def ends(self, reads: Iterable[Any]) -> FragmentEnds:
        """Where fragments begin and end; of single reads their 5' ends, or their aligned stretches."""
        never = _NEVER if self.duplicates else _NEVER | sam.DUPLICATE
        quality = self.mapping_quality
        good = [read for read in reads if not read.flag & never and read.mapping_quality >= quality]
        if self.paired:
            return self._of_pairs(good)
        good = _once(good) if self.distinct else good
        return _covered(good) if self.counted == "coverage" else self._of_five_prime_ends(good)

    def _of_pairs(self, reads: Sequence[Any]) -> FragmentEnds:
        """From the left read of each proper pair, which knows the length of both."""
        spans = [
            (read.reference_start, read.reference_start + read.template_length)
            for read in reads
            if read.flag & sam.PROPER and 0 < read.template_length <= LONGEST and self._mate_counts(read)
        ]
        spans = list(dict.fromkeys(spans)) if self.distinct else spans
        start, end = np.array(spans, np.int64).reshape(-1, 2).T + np.array(self.shift)[:, None]
        left = start < end
        return FragmentEnds.of(start[left], end[left])

    def _mate_counts(self, read: Any) -> bool:
        """Whether the other read's quality is enough, where the aligner wrote it beside this one's."""
        return not read.has_tag("MQ") or bool(read.get_tag("MQ") >= self.mapping_quality)

    def _of_five_prime_ends(self, reads: Sequence[Any]) -> FragmentEnds:
        """A forward read begins a fragment, and a reverse one ends it."""
        start = [read.reference_start for read in reads if not read.is_reverse]
        end = [read.reference_end for read in reads if read.is_reverse]
        return FragmentEnds.of(
            np.array(start, np.int64) + self.shift[0], np.array(end, np.int64) + self.shift[1]
        )


def _once(reads: Sequence[Any]) -> list[Any]:
    """The first of the reads that lie alike on one strand."""
    found: dict[tuple[int, int, bool], Any] = {}
    for read in reads:
        found.setdefault((read.reference_start, read.reference_end, read.is_reverse), read)
    return list(found.values())


def _covered(reads: Sequence[Any]) -> FragmentEnds:
    """The stretches that reads are aligned to, introns and deletions left out."""
    blocks = np.array([block for read in reads for block in read.get_blocks()], np.int64).reshape(-1, 2)
    return FragmentEnds.of(blocks[:, 0], blocks[:, 1])


class AlignmentFile:
    """A file with its index, of which nothing is held."""

    def __init__(self, path: Path, context: Context, counting: ReadCounting) -> None:
        self._counting = counting
        self._file: PerProcess[Alignments] = PerProcess(partial(Alignments, path))
        with _sentences():
            opened = self._file.get()
            first = opened.first(_LOOKED_AT)
        self._names = context.names_by_length(path, opened.lengths)
        context.note_absent(path, self._names)
        if not opened.has_index:
            raise DataError(path, "it has no index", f"make one by `samtools index {path.name}`")
        if not first:
            raise DataError(path, "it holds no reads", "give a file of aligned reads")
        if counting.paired and not any(read.flag & sam.PROPER for read in first):
            problem = f"none of its first {len(first):,} reads is properly paired"
            raise DataError(path, problem, "write `paired = false` to count single reads")

    def ends(self, chrom: str, start: int, end: int, celltype: int) -> FragmentEnds:
        """Of what counts and touches a place, and of others beside it; the file is one cell type's."""
        name, reach = self._names.get(chrom), self._counting.reach
        if name is None:
            return self._counting.ends([])
        with _sentences():
            return self._counting.ends(self._file.get().overlapping(name, start - reach, end + reach))


@contextmanager
def _sentences() -> Iterator[None]:
    """Turns what is wrong with a file into a DataError."""
    try:
        yield
    except FormatError as error:
        raise DataError.of(error, "give a BAM or CRAM file of this genome") from error
