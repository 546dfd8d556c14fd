"""The reader `Coordinates`."""

from __future__ import annotations

import numpy as np

from getdsl.data.places import Ints, Places
from getdsl.data.reader import Reader


class Coordinates(Reader):
    """Start and end [n, 2], int64."""

    def read(self, places: Places) -> Ints:
        return np.stack([places.start, places.end], axis=-1)
