"""Files of arrays by name: NumPy's archives, HDF5, and Keras's archives with HDF5 inside."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

from getdsl.weights.archive import entries_of, read_records
from getdsl.weights.hdf5_file import Hdf5File, require_h5py
from getdsl.weights.hdf5_trial import refuse_endless
from getdsl.weights.keras_names import keras_tree
from getdsl.weights.npz_file import SUFFIX, NpzFile
from getdsl.weights.tree import Tree
from getdsl.weights.window import Window

KERAS = "model.weights.h5"  # of a `.keras` archive
ZipKind = Literal["torch", "npz", "keras"]
ARRAYS = ("npz", "keras", "hdf5")  # kinds of files that are read here


def zip_kind(path: Path, file: BinaryIO) -> ZipKind:
    """What an archive is, by the names of its parts. Raises CheckpointError where it is damaged."""
    names = [entry.filename for entry in entries_of(path, file)]
    if names and all(name.endswith(SUFFIX) for name in names):
        return "npz"
    return "keras" if KERAS in names else "torch"


@dataclass(frozen=True)
class ArrayTree:
    """The tree of a file, and the place in the file of each tensor by its name."""

    tree: Tree
    paths: dict[str, str]


def read_arrays(path: Path, file: BinaryIO, size: int, kind: str) -> ArrayTree:
    """What a file holds, without its values. Raises CheckpointError."""
    with opened(path, file, size, kind) as there:
        if isinstance(there, Hdf5File):
            return ArrayTree(*keras_tree(there))
        tree = there.tree()
        return ArrayTree(dict(tree.items()), {name: name for name in tree})


@contextmanager
def opened(path: Path, file: BinaryIO, size: int, kind: str) -> Iterator[NpzFile | Hdf5File]:
    """A file of one of the kinds of ARRAYS, as long as it is looked at. Raises CheckpointError."""
    if kind == "npz":
        yield NpzFile(path, file, size)
        return
    require_h5py(path)
    refuse_endless(path, file, kind)
    with closing(hdf5_of(path, file, size, kind)) as hdf5:
        yield hdf5


def hdf5_of(path: Path, file: BinaryIO, size: int, kind: str) -> Hdf5File:
    """An HDF5 file, or the one in an archive, without a trial of it. Raises CheckpointError."""
    return Hdf5File(path, _inside(path, file, size) if kind == "keras" else file)


def _inside(path: Path, file: BinaryIO, size: int) -> BinaryIO:
    """The HDF5 file in a `.keras` archive."""
    record = read_records(path, file, size, entries_of(path, file)).records[KERAS]
    if record.packed is None:
        return cast("BinaryIO", io.BufferedReader(Window(file, record.start, record.size)))
    file.seek(record.start)
    return io.BytesIO(record.unpacked(path, file.read(record.stored)))
