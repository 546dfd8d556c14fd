"""An interpretation that was written, to read; its layout is that of `store`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import zarr

from getdsl.diagnostics import UserError
from getdsl.runs.interpret.walk import Array

LAYOUT, VERSION = "getdsl/interpretation", 1


class Interpretation:
    """Arrays by path, and attributes. Raises UserError where there is none."""

    def __init__(self, path: Path) -> None:
        if layout_of(path) != LAYOUT:
            raise UserError(f"`{path}` is no interpretation", "`getdsl interpret RUN -o OUT.zarr` writes one")
        self._group: Any = zarr.open_group(path, mode="r")  # zarr's types leave open what stands at a path
        self.attributes: dict[str, Any] = dict(self._group.attrs)

    def names(self, kind: str) -> list[str]:
        """What there is of a kind: the inputs whose `contributions` are there."""
        return sorted(name for name, _ in self._group[kind].arrays()) if kind in self._group else []

    def read(self, path: str, rows: slice | int = slice(None)) -> Array:
        found: Array = self._group[path][rows]
        return found

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Of all arrays but those that say which samples they are of."""
        members = sorted(self._group.members(max_depth=None))
        arrays = {name: item for name, item in members if isinstance(item, zarr.Array)}
        return {name: item.shape for name, item in arrays.items() if not name.startswith("samples/")}

    @property
    def dna(self) -> str:
        """The input that is DNA. Raises UserError where no contributions of bases are there."""
        names = self.names("hypothetical")
        if not names:
            raise UserError(
                "there are no contributions of bases in it",
                "interpret the DNA by deepshap, deeplift, integrated_gradients, input_x_gradient or ism",
            )
        return names[0]

    def of_dna(self, kind: str, rows: slice = slice(None)) -> Array:
        """`inputs`, `hypothetical` or `contributions` of the DNA, [N, L, 4]."""
        return self.read(f"{kind}/{self.dna}", rows)


def layout_of(path: Path) -> object:
    """What a zarr group says it is; None where there is none."""
    try:
        return zarr.open_group(path, mode="r").attrs.get("layout") if path.is_dir() else None
    except (OSError, ValueError, KeyError):
        return None
