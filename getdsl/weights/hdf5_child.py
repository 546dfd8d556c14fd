"""The process that tries an HDF5 file: `python -m getdsl.weights.hdf5_child FILE KIND SECONDS`."""

from __future__ import annotations

import contextlib
import resource
import sys
from pathlib import Path

from getdsl.weights.array_files import hdf5_of
from getdsl.weights.errors import CheckpointError
from getdsl.weights.keras_names import keras_tree
from getdsl.weights.regular_file import open_regular, stamp


def main(path: Path, kind: str, seconds: int) -> None:
    """Reads names, and all values that are not simply one after the other."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    with open_regular(path) as file, contextlib.closing(hdf5_of(path, file, stamp(file)[0], kind)) as there:
        keras_tree(there)
        for name in there.chunked():
            with contextlib.suppress(CheckpointError, MemoryError):
                there.array(name)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
