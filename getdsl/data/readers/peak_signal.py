"""The reader `PeakSignal`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from getdsl.data.places import Ints, Places
from getdsl.data.reader import Array, Context, Reader
from getdsl.data.readers.end_to_end import EndToEnd
from getdsl.data.readers.signal import Signal


class PeakSignal(Reader):
    """Values [n, R, W, …], float32, W bp around each region's centre, NaN outside of the region."""

    whole_windows = True

    def __init__(
        self, *, files: str | Sequence[str], swap: bool = False, missing: float | None = 0.0
    ) -> None:
        self._params = {"files": files, "swap": swap, "missing": missing}

    def open(self, context: Context) -> None:
        self._peaks = EndToEnd(context.table)
        self._signal = Signal(length=self._peaks.widest, **self._params)  # type: ignore[arg-type]
        self._signal.open(context)
        self.per_celltype = self._signal.per_celltype
        self.two_strands = self._peaks.equal

    def files(self) -> tuple[Path, ...]:
        return self._signal.files()

    def read(self, places: Places) -> Array:
        values: Array = self._signal.read(places.flat())
        values[~self._peaks.inside(places.flat())] = np.nan
        return values.reshape(*places.start.shape, *values.shape[1:])

    def tensor(self, values: Array, shifts: Ints) -> Tensor:
        """[n, L, …]."""
        inside = ~np.isnan(values if values.ndim == 3 else values[..., 0])
        return torch.from_numpy(self._peaks.joined(values, inside, 0))

    def reverse_complement(self, values: Tensor) -> Tensor:
        return self._peaks.each(values, self._signal.reverse_complement)
