"""AnnData on disk, h5ad or zarr: the names of both axes, and values at some regions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np

from getdsl.data.anndata_matrix import Floats, Ints, Matrix, StorageError, matrix_of
from getdsl.formats.text import FormatError
from getdsl.text.opener import open_file

Axis = Literal["obs", "var"]
Names = np.ndarray[Any, Any]

_OTHER: dict[Axis, Axis] = {"obs": "var", "var": "obs"}
_COLUMNS = (  # what holds a region's chromosome, start and end
    {"chrom", "chr", "chromosome", "seqnames", "seqname"},
    {"start", "chromstart"},
    {"end", "chromend", "stop"},
)


class AnnDataFile:
    """An open file whose regions are one axis. Raises FormatError where it is none, or is damaged."""

    def __init__(self, path: Path, regions: Axis, layer: str | None = None) -> None:
        self.path, self.regions, self.others = path, regions, _OTHER[regions]
        self._where = "X" if layer is None else f"layers/{layer}"
        with self._readable("it is no AnnData file that can be read"):
            self._store = _opened(path)
            if not {"obs", "var"} <= set(self._store):
                raise StorageError("it has no obs and var")
            self.layers: tuple[str, ...] = tuple(self._store.get("layers", ()))

    @cached_property
    def names(self) -> Names:
        """Of the regions' axis."""
        return self._names(self.regions)

    @cached_property
    def other_names(self) -> Names:
        return self._names(self.others)

    @cached_property
    def matrix(self) -> Matrix:
        """X, or the layer."""
        with self._readable(f"its {self._where} cannot be read"):
            if self._where not in self._store:
                raise StorageError("there is none")
            return matrix_of(self._store[self._where], self._where, by_columns=self.regions == "var")

    def at(self, regions: Ints, others: Ints | None) -> Floats:
        """[n, K]: values at ordered regions, no two alike; of the other axis all, or some by number."""
        with self._readable(f"its {self._where} cannot be read"):
            return self.matrix.at(regions, others)

    def coordinates(self) -> tuple[Names, Ints, Ints] | None:
        """Chromosome, start and end of each region, where columns hold them."""
        frame = self._store[self.regions]
        found = [next((name for name in frame if name.lower() in known), None) for known in _COLUMNS]
        if None in found:
            return None
        with self._readable(f"its columns {', '.join(map(str, found))} hold no coordinates"):
            chrom, start, end = (_element(frame[name]) for name in found)
            return _text(chrom), np.asarray(start, np.int64), np.asarray(end, np.int64)

    def _names(self, axis: Axis) -> Names:
        with self._readable(f"its names of {axis} cannot be read"):
            frame = self._store[axis]
            return _text(_element(frame[frame.attrs["_index"]]))

    @contextmanager
    def _readable(self, problem: str) -> Iterator[None]:
        try:
            yield
        except FormatError:
            raise
        except Exception as error:  # whatever the libraries raise of damaged files
            if not self.path.exists():
                raise FormatError(self.path, 0, "there is no such file") from error
            raise FormatError(self.path, 0, f"{problem} ({_reason(error)})") from error


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"it lacks {error}" if isinstance(error, KeyError) else lines[0] if lines else type(error).__name__


def _opened(path: Path) -> Any:
    if path.is_dir():
        import zarr

        return zarr.open_group(str(path), mode="r")
    import h5py

    with open_file(path):
        pass  # the opener says what is no file
    return h5py.File(path)


def _text(values: Any) -> Names:
    """Text of a fixed width, whichever of the libraries' kinds of text it was."""
    return np.array(np.asarray(values).tolist(), str)


def _element(stored: Any) -> Any:
    from anndata.io import read_elem

    return read_elem(stored)
