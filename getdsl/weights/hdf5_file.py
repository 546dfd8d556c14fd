"""HDF5 files as data: every dataset by its path. What lies in another file is not followed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from getdsl.formats.checkpoint_header import TensorInfo
from getdsl.weights.arrays import array_info
from getdsl.weights.errors import CheckpointError, damaged

OWN_FILTERS = {1, 2, 3, 4, 5, 6, 32000}  # HDF5's, and LZF, which h5py brings: others are code to be loaded
DEEPEST = 100  # nesting, beyond which a file is no checkpoint


class Hdf5File:
    """Datasets by path, each with what it holds, None where that is no numbers; and attributes of groups.

    Raises CheckpointError where the file is damaged or leads out of itself, and where h5py is not there.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        h5py = require_h5py(path)
        with self._reading():
            self.root = h5py.File(file, "r")
            self.datasets: Mapping[str, TensorInfo | None] = dict(self._walk(self.root, "", ()))

    def array(self, path: str) -> Any:
        with self._reading():
            return self.root[path][()]

    def chunked(self) -> Iterator[str]:
        """The paths of datasets whose values do not simply lie one after the other."""
        for path, info in self.datasets.items():
            with self._reading():
                if info is not None and self.root[path].chunks is not None:
                    yield path

    def attribute(self, path: str, name: str) -> Any:
        """None where there is none, or none that can be read."""
        with self._reading():
            return self.root[path or "/"].attrs.get(name)

    def has(self, path: str) -> bool:
        return path in self.root

    def close(self) -> None:
        self.root.close()

    def _walk(self, group: Any, above: str, seen: tuple[int, ...]) -> Iterator[tuple[str, TensorInfo | None]]:
        import h5py

        if len(seen) > DEEPEST:
            raise damaged(self.path, "its groups are nested without end")
        for name in group:
            path, link = f"{above}{name}", group.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                raise CheckpointError(
                    f"`{self.path}` is refused: its `{path}` leads to another file",
                    "save it anew, with all of its weights in it",
                )
            item = group.get(name) if isinstance(link, h5py.HardLink) else None
            place = h5py.h5o.get_info(item.id).addr if item is not None else 0
            if isinstance(item, h5py.Group) and place not in seen:
                yield from self._walk(item, f"{path}/", (*seen, place))
            elif isinstance(item, h5py.Dataset):
                yield path, _info(item)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except CheckpointError:
            raise
        except Exception as error:  # h5py raises OSError, RuntimeError, KeyError … for broken files
            raise damaged(self.path, "HDF5 cannot read it") from error


def require_h5py(path: Path) -> Any:
    """The package. Raises CheckpointError where it is not installed."""
    try:
        import h5py
    except ImportError as error:
        raise CheckpointError(
            f"`{path}` is an HDF5 file, and h5py, which reads those, is not installed",
            "pip install 'getdsl[keras]'",
        ) from error
    return h5py


def _info(item: Any) -> TensorInfo | None:
    if item.shape is None:
        return None
    return array_info(tuple(map(int, item.shape)), item.dtype, _unread(item))


def _unread(item: Any) -> str:
    """Why a dataset is not read, where it is not."""
    if item.is_virtual or item.external:
        return "kept in another file: save it anew, with its values in it"
    plan = item.id.get_create_plist()
    filters = {plan.get_filter(number)[0] for number in range(plan.get_nfilters())}
    if filters - OWN_FILTERS:
        return f"packed with a filter that is not HDF5's own ({min(filters - OWN_FILTERS)}): save it without"
    return ""
