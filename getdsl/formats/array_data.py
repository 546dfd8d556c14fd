"""Arrays of numbers in files of data: .npy, safetensors by a key, tables as .csv or .tsv. Nothing is run."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from getdsl.text.opener import open_file, read_bytes

if TYPE_CHECKING:
    import numpy

LARGEST = 1 << 30  # bytes of a file
SUFFIXES = (".npy", ".safetensors", ".csv", ".tsv")
FLOATS = {"F64": "float64", "F32": "float32", "F16": "float16"}
INTEGERS = {"I64": "int64", "I32": "int32", "I16": "int16", "I8": "int8", "U8": "uint8"}
SAFETENSORS = {**FLOATS, **INTEGERS, "BOOL": "bool"}
Kind = Literal["float", "int", "bool"]


class ArrayDataError(Exception):
    """Why a file holds no array of numbers, and what would mend it."""

    def __init__(self, told: str, help: str | None = None) -> None:
        super().__init__(told)
        self.help = help


class NoSuchTensorError(ArrayDataError):
    """A key that a file of tensors lacks; `names` are those that it has."""

    def __init__(self, path: str, key: str, names: list[str]) -> None:
        super().__init__(f"`{path}` has no tensor `{key}`")
        self.key = key
        self.names = names


class ArrayHeader(NamedTuple):
    """What a file says of its array before its values."""

    shape: tuple[int, ...]
    kind: Kind


def array_header(path: str, key: str | None) -> ArrayHeader:
    """The shape and the kind of an array in a file. Raises ArrayDataError."""
    try:
        state = os.stat(path)
        return _header(path, key, state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise _unreadable(path, error) from error


def array_values(path: str, key: str | None) -> numpy.ndarray:
    """The array, of 32-bit floats, 64-bit integers or truth values. Raises ArrayDataError."""
    header = array_header(path, key)
    try:
        values = _values(path, key)
    except OSError as error:
        raise _unreadable(path, error) from error
    if values.shape != header.shape:
        raise ArrayDataError(f"`{path}` holds less than its header says")
    return values.astype({"float": "float32", "int": "int64", "bool": "bool"}[header.kind])


@lru_cache(maxsize=256)
def _header(path: str, key: str | None, changed: int, size: int) -> ArrayHeader:
    suffix = _suffix(path, key)
    if size > LARGEST:
        raise ArrayDataError(f"`{path}` has {size:,} bytes, and at most {LARGEST:,} are read")
    if suffix == ".npy":
        shape, dtype = _npy_header(path)
    elif suffix == ".safetensors":
        shape, dtype = _safetensors_header(path, key or "")
    else:
        shape, dtype = _table(path).shape, "float64"
    return ArrayHeader(shape, _kind(path, dtype))


def _values(path: str, key: str | None) -> numpy.ndarray:
    import numpy

    suffix = _suffix(path, key)
    if suffix == ".npy":
        try:
            stored: numpy.ndarray = numpy.load(io.BytesIO(read_bytes(path, LARGEST)), allow_pickle=False)
            return stored
        except ValueError as error:
            raise ArrayDataError(f"`{path}` is no whole .npy file: {error}") from error
    if suffix == ".safetensors":
        return _safetensors_values(path, key or "")
    return _table(path)


def _suffix(path: str, key: str | None) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise ArrayDataError(
            f"`{path}` is no file of data that is read",
            "an array is a .npy, .safetensors, .csv or .tsv file; pickles are never read",
        )
    if (suffix == ".safetensors") != (key is not None):
        how = '`read("weights.safetensors", "name")`' if key is None else "leave the key out"
        raise ArrayDataError(f"`{path}` " + ("holds tensors by key" if key is None else "has no keys"), how)
    return suffix


def _kind(path: str, dtype: str) -> Kind:
    for kind, names in (("float", ("float",)), ("int", ("int", "uint")), ("bool", ("bool",))):
        if dtype.rstrip("0123456789") in names:
            return kind  # type: ignore[return-value]
    raise ArrayDataError(f"`{path}` holds {dtype}, and an array is of floats, integers or truth values")


# ---- .npy


def _npy_header(path: str) -> tuple[tuple[int, ...], str]:
    from numpy.lib import format as npy

    try:
        with open_file(path) as file:
            version = npy.read_magic(file)
            read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
            shape, _, dtype = read(file)
    except ValueError as error:
        raise ArrayDataError(f"`{path}` is no .npy file", "`numpy.save` writes one") from error
    if dtype.hasobject:
        raise ArrayDataError(f"`{path}` holds Python objects, a pickle, which is never read", "save numbers")
    return shape, dtype.name


# ---- safetensors


@contextmanager
def _opened(path: str, key: str) -> Iterator[Any]:
    """The file, by the library that holds every offset against it; it has a tensor of that name."""
    from safetensors import SafetensorError, safe_open

    with open_file(path):  # which refuses what is no file
        pass
    try:
        with safe_open(path, framework="np") as file:
            names = list(file.keys())
            if key not in names:
                raise NoSuchTensorError(path, key, names)
            yield file
    except (SafetensorError, ValueError, OverflowError) as error:
        raise ArrayDataError(f"`{path}` is no whole safetensors file") from error


def _safetensors_header(path: str, key: str) -> tuple[tuple[int, ...], str]:
    with _opened(path, key) as file:
        part = file.get_slice(key)
        dtype = str(part.get_dtype())
        return tuple(part.get_shape()), SAFETENSORS.get(dtype, dtype.lower())


def _safetensors_values(path: str, key: str) -> numpy.ndarray:
    with _opened(path, key) as file:
        values: numpy.ndarray = file.get_tensor(key)
        return values


# ---- tables


def _table(path: str) -> numpy.ndarray:
    """The numbers of a table, [rows, columns]; a first line of names is left out."""
    import numpy

    text = read_bytes(path, LARGEST)
    mark = b"\t" if path.lower().endswith(".tsv") else b","
    lines = text.splitlines()
    if not any(map(bytes.strip, lines[1:] or lines)):
        raise ArrayDataError(f"`{path}` holds no numbers")
    skipped = 0 if _are_numbers(lines[0].split(mark)) else 1
    try:
        found = numpy.loadtxt(lines[skipped:], delimiter=mark.decode(), ndmin=2, comments=None)
    except (ValueError, UnicodeDecodeError) as error:
        told = str(error).partition("; ")[0]
        raise ArrayDataError(f"`{path}` is no table of numbers: {told}") from error
    return found


def _are_numbers(cells: list[bytes]) -> bool:
    try:
        return [float(cell) for cell in cells] != []
    except ValueError:
        return False


def _unreadable(path: str, error: OSError) -> ArrayDataError:
    if isinstance(error, FileNotFoundError):
        return ArrayDataError(f"there is no file `{path}`", "paths are relative to the spec that names them")
    return ArrayDataError(f"cannot read `{path}`: {(error.strerror or str(error)).lower()}")
