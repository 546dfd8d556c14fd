"""The source `Genes`."""

from __future__ import annotations

import numpy as np

from getdsl.data.places import Ints
from getdsl.data.regions.annotated import Annotated
from getdsl.data.table import Column


class Genes(Annotated):
    """Each gene from its start to its end, with what lies before and after it."""

    def stretch(self, forward: Column, start: Ints, end: Ints) -> tuple[Ints, Ints]:
        before = np.where(forward, self.upstream, self.downstream)
        return start - before, end + self.upstream + self.downstream - before
