"""The reader `PeakLengths`."""

from __future__ import annotations

from getdsl.data.places import Ints, Places
from getdsl.data.reader import Reader


class PeakLengths(Reader):
    """Lengths [n] in bp, int64."""

    def read(self, places: Places) -> Ints:
        lengths: Ints = places.end - places.start
        return lengths
