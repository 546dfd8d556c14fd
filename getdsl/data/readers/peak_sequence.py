"""The reader `PeakSequence`."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from getdsl.data.places import Ints, Places
from getdsl.data.reader import Array, Context, Reader
from getdsl.data.readers.end_to_end import EndToEnd
from getdsl.data.readers.sequence import Sequence
from getdsl.formats.fasta import Codes, N

_ONE_HOT = torch.eye(N + 1)[:, :N].contiguous()  # row 4, N, is all zeros
_OUTSIDE = 255  # the code of what lies outside of a region


class PeakSequence(Reader):
    """Codes [n, R, W] of one byte, W bp around each region's centre; a batch holds the regions end to end."""

    whole_windows = True

    def open(self, context: Context) -> None:
        self._peaks = EndToEnd(context.table)
        self._sequence = Sequence(length=self._peaks.widest)
        self._sequence.open(context)
        self.two_strands = self._peaks.equal

    def files(self) -> tuple[Path, ...]:
        return self._sequence.files()

    def read(self, places: Places) -> Codes:
        codes = self._sequence.read(places.flat())
        codes[~self._peaks.inside(places.flat())] = _OUTSIDE
        return codes.reshape(*places.start.shape, -1)

    def dna(self, places: Places) -> Places:
        return places

    def tensor(self, values: Array, shifts: Ints) -> Tensor:
        """[n, L, 4] of float32, channels A C G T."""
        joined = self._peaks.joined(values, values != _OUTSIDE, N)
        return _ONE_HOT[torch.from_numpy(joined).int()]

    def reverse_complement(self, values: Tensor) -> Tensor:
        return self._peaks.each(values, self._sequence.reverse_complement)
