"""The source `Promoters`."""

from __future__ import annotations

import numpy as np

from getdsl.data.places import Ints
from getdsl.data.regions.annotated import Annotated
from getdsl.data.table import Column


class Promoters(Annotated):
    """A stretch around the start of each gene."""

    def stretch(self, forward: Column, start: Ints, end: Ints) -> tuple[Ints, Ints]:
        first = np.where(forward, start - self.upstream, end - self.downstream)
        return first, first + self.upstream + self.downstream
