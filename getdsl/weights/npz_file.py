"""NumPy's archives of arrays (`.npz`): an array a part, read without objects."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from getdsl.formats.checkpoint_header import TensorInfo
from getdsl.weights.archive import Archive, entries_of, read_records
from getdsl.weights.arrays import array_info
from getdsl.weights.errors import damaged

if TYPE_CHECKING:
    import numpy as np

SUFFIX = ".npy"
LONGEST_HEADER = 1 << 16


@dataclass(frozen=True)
class _Form:
    """What an array's own header says, and how many bytes that takes."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    columns_first: bool
    header: int


class NpzFile:
    """The arrays of an archive by name. Raises CheckpointError where it is damaged."""

    def __init__(self, path: Path, file: BinaryIO, size: int) -> None:
        self.path, self.file = path, file
        self.archive: Archive = read_records(path, file, size, entries_of(path, file))
        self.forms = {name: self._form(name) for name in self.archive.records}

    def tree(self) -> dict[str, TensorInfo | None]:
        forms = self.forms.items()
        return {name.removesuffix(SUFFIX): array_info(form.shape, form.dtype) for name, form in forms}

    def array(self, name: str) -> np.ndarray[Any, Any]:
        import numpy as np

        form = self.forms[f"{name}{SUFFIX}"]
        content = self.archive.read(self.path, self.file, f"{name}{SUFFIX}", limit=None)
        numbers = np.frombuffer(content, form.dtype, offset=form.header)
        return numbers.reshape(form.shape, order="F" if form.columns_first else "C")

    def _form(self, name: str) -> _Form:
        record = self.archive.records[name]
        form = _read_form(self.path, record.beginning(self.path, self.file, LONGEST_HEADER))
        held = form.header + math.prod(form.shape) * form.dtype.itemsize
        if not form.dtype.hasobject and held != record.size:
            raise damaged(self.path, f"its array `{name}` is not of the claimed size")
        return form


def _read_form(path: Path, content: bytes) -> _Form:
    from numpy.lib import format

    readers = {(1, 0): format.read_array_header_1_0, (2, 0): format.read_array_header_2_0}
    file = io.BytesIO(content)
    try:
        shape, columns_first, dtype = readers[format.read_magic(file)](file)
    except Exception as error:  # NumPy's reader raises ValueError, SyntaxError, TokenError … for broken ones
        raise damaged(path, "the header of an array in it cannot be read") from error
    return _Form(tuple(shape), dtype, bool(columns_first), file.tell())
