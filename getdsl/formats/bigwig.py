"""bigWig: a value for each base of a genome."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from getdsl.formats.text import FormatError

Floats = np.ndarray[Any, np.dtype[np.float32]]


class BigWig:
    """An open file. Raises FormatError where it is none, or ends too early."""

    def __init__(self, path: Path) -> None:
        import pybigtools

        self.path = path
        try:
            self._file = pybigtools.open(str(path))
            self.lengths: dict[str, int] = self._file.chroms()
        except Exception as error:  # whatever the library raises of damaged files
            raise FormatError(path, 0, f"it is no bigWig file that can be read ({error})") from error

    def values(self, chrom: str, start: int, end: int) -> Floats:
        """[end - start], NaN where the file has no value, and beyond the chromosome."""
        try:
            found: Floats = self._file.values(chrom, start, end, fillna=np.nan).astype(np.float32)
        except Exception as error:
            raise FormatError(self.path, 0, f"{chrom}:{start}-{end} cannot be read ({error})") from error
        return found
