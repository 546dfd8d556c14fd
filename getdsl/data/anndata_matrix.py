"""Matrices of AnnData on disk: values at some of the regions, which are one axis of theirs."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float32]]
Ints = np.ndarray[Any, np.dtype[np.int64]]

MOST_HELD = 1 << 27  # values of a sparse matrix that is stored along the other axis: 1 GiB
_NEAR = 32  # regions between two that are read at once


class Matrix(Protocol):
    """Values at places of two axes, of which one is the regions'."""

    def at(self, regions: Ints, others: Ints | None) -> Floats:
        """[n, K]: values at ordered regions, no two alike; of the other axis all, or some by number."""
        ...


class StorageError(ValueError):
    """Why a matrix cannot be read as it is stored."""


def matrix_of(stored: Any, where: str, *, by_columns: bool) -> Matrix:
    """A stored array or sparse matrix [obs, var], whose regions are `var` where `by_columns`.

    Raises StorageError where it is none, or too large to be turned.
    """
    kind = str(stored.attrs.get("encoding-type", "array"))
    if kind == "array":
        return Dense(stored, by_columns)
    if kind not in ("csr_matrix", "csc_matrix"):
        raise StorageError(f"{where} is stored as {kind}, which is no matrix of numbers")
    from anndata.io import sparse_dataset

    along = kind == ("csc_matrix" if by_columns else "csr_matrix")
    if along:
        return Sparse(sparse_dataset(stored), by_columns)
    number, turn = stored["data"].shape[0], "tocsc" if by_columns else "tocsr"
    if number > MOST_HELD:
        raise StorageError(
            f"its regions lie scattered in {where}, which with {number:,} values is too large to be turned: "
            f"write the file anew with `adata.{where} = adata.{where}.{turn}()`"
        )
    return Sparse(getattr(sparse_dataset(stored).to_memory(), turn)(), by_columns)


class Dense:
    """An array [obs, var], of which stretches are read."""

    def __init__(self, array: Any, by_columns: bool) -> None:
        self._by_columns = by_columns
        self._array = getattr(array, "oindex", array)  # zarr's way to take some rows and a stretch of columns
        self._width = array.shape[0 if by_columns else 1]

    def at(self, regions: Ints, others: Ints | None) -> Floats:
        taken = np.arange(self._width) if others is None else others
        ordered, back = np.unique(taken, return_inverse=True)
        found = np.empty((len(regions), len(taken)), np.float32)
        cuts = np.flatnonzero(np.diff(regions) > _NEAR) + 1
        for rows in np.split(np.arange(len(regions)), cuts) if len(regions) else []:
            first, last = int(regions[rows[0]]), int(regions[rows[-1]]) + 1
            block = self._block(slice(first, last), slice(None) if others is None else ordered)
            found[rows] = block[regions[rows] - first][:, back]
        return found

    def _block(self, regions: slice, others: Any) -> Any:
        """[regions, others]."""
        if self._by_columns:
            return np.asarray(self._array[others, regions]).T
        return np.asarray(self._array[regions, others])


class Sparse:
    """A matrix that is stored region by region, of which some are read."""

    def __init__(self, matrix: Any, by_columns: bool) -> None:
        self._matrix, self._by_columns = matrix, by_columns

    def at(self, regions: Ints, others: Ints | None) -> Floats:
        taken = slice(None) if others is None else others
        if self._by_columns:
            found = self._matrix[:, regions][taken].toarray().T
        else:
            found = self._matrix[regions][:, taken].toarray()
        return np.asarray(found, np.float32)
