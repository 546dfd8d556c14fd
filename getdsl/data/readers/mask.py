"""The reader `Mask`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from getdsl.data.annotation import read_starts
from getdsl.data.draws import MASK, Draws
from getdsl.data.errors import DataError
from getdsl.data.places import Places
from getdsl.data.reader import Array, Context, Reader


class Mask(Reader):
    """0 or 1 [n], int64."""

    def __init__(self, *, ratio: float | None = None, tss: str | None = None) -> None:
        self.ratio = ratio
        self.path = Path(tss) if tss is not None else None

    def open(self, context: Context) -> None:
        self._held = np.zeros(len(context.table), bool)
        if self.path is None:
            return
        starts = read_starts(self.path, context)
        _, rows = starts.held_by(context.table)
        if not len(rows):
            problem = f"none of its {len(starts):,} genes starts in a region"
            raise DataError(self.path, problem, "give regions that hold the genes' first bases")
        self._held[rows] = True

    def files(self) -> tuple[Path, ...]:
        return (self.path,) if self.path is not None else ()

    def read(self, places: Places) -> Array:
        found: Array = self._held[places.row].astype(np.int64)
        return found

    def drawn(self, values: Tensor, draws: Draws) -> Tensor:
        if self.ratio is None:
            return values
        positions = values[0].numel() if len(values) else 0
        hidden = draws.each(MASK, positions) < self.ratio
        return torch.from_numpy(hidden.astype(np.int64)).reshape(values.shape)
