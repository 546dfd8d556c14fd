"""The zarr layout `getdsl/interpretation`, version 1.

| array | shape | what |
|---|---|---|
| contributions/INPUT | as the input, [N, L, 4] | what each number of the input adds to the output |
| hypothetical/INPUT | [N, L, 4] | of DNA: what each base would add if it stood there |
| changes/INPUT | [N, L, 4] | of mutagenesis: the difference that each base makes |
| inputs/INPUT | as the input | what the model read |
| output | [N] | the number that is explained |
| difference/INPUT | [N] | the output less that of the references, their mean |
| delta/INPUT | [N] | what contributions add up to beyond the difference |
| apart/INPUT | [N] | how far the output is from those of the references, the mean over them |
| points/INPUT | [N] | of integrated gradients: the points on each way |
| jacobian/NODE, mutant_jacobian/NODE | [N, …, …] | the chosen numbers' axes, then the node's |
| attention/NODE | [N, …] | the node's values |
| samples/index, samples/COLUMN | [N] | the number of each sample in its data, and what identifies it there |
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import zarr

from getdsl.diagnostics import UserError
from getdsl.formats.json_values import Json
from getdsl.runs.interpret.stored import LAYOUT, VERSION, layout_of
from getdsl.runs.interpret.walk import Array, Piece
from getdsl.runs.predict.writer import SAMPLES, write_columns
from getdsl.text.opener import read_text
from getdsl.text.whole import whole_file

PROGRESS = "progress.json"
SMALL = 1 << 20  # bytes of the file that says how far the work is


class InterpretationStore:
    """A group that grows beside its place, a piece at a time, and takes it when it is whole.

    Work that was interrupted goes on where it was, if what was asked is the same.
    """

    def __init__(
        self, output: Path, attributes: Mapping[str, Json], samples: Mapping[str, Array], rows: int
    ) -> None:
        """`rows` is the number of samples in a piece, which is a chunk of each array."""
        self.output, self.rows = output, rows
        self.aside = output.with_name(f".{output.name}.part")
        self.number = len(samples["index"])
        self.done = self._done(attributes)
        if not self.done:
            shutil.rmtree(self.aside, ignore_errors=True)
            self.aside.parent.mkdir(parents=True, exist_ok=True)
            group = zarr.open_group(self.aside, mode="w", zarr_format=3)
            group.attrs.update({"layout": LAYOUT, "version": VERSION, **attributes})
            write_columns(group.create_group(SAMPLES), samples)
        self.group: Any = zarr.open_group(self.aside, mode="r+")

    def _done(self, attributes: Mapping[str, Json]) -> int:
        """How many samples an earlier run of the same work has written."""
        try:
            found: int = json.loads(read_text(self.aside / PROGRESS, SMALL))["samples"]
            kept = dict(zarr.open_group(self.aside, mode="r").attrs)
        except (OSError, ValueError, KeyError):
            return 0
        return found if kept == {"layout": LAYOUT, "version": VERSION, **attributes} else 0

    def add(self, piece: Piece) -> None:
        """Writes the next samples. Raises UserError where they are of another size than those before."""
        for path, values in piece.arrays.items():
            array = self._array(path, values)
            if array.shape[1:] != values.shape[1:]:
                raise UserError(
                    f"`{path}` is {list(values.shape[1:])} for some samples and {list(array.shape[1:])} for "
                    "others, which one array cannot hold",
                    "choose samples of one size",
                )
            array[self.done : self.done + len(values)] = values
        self.done += len(piece.samples)
        with whole_file(self.aside / PROGRESS) as aside:
            aside.write_text(json.dumps({"samples": self.done}), encoding="utf-8")

    def _array(self, path: str, values: Array) -> Any:
        if path in self.group:
            return self.group[path]
        return self.group.create_array(
            path,
            shape=(self.number, *values.shape[1:]),
            dtype=values.dtype,
            chunks=(min(self.rows, self.number), *(max(1, size) for size in values.shape[1:])),
        )

    def finish(self, found: Mapping[str, Json]) -> None:
        """Puts the whole group in its place; `found` are attributes that say what came out."""
        self.group.attrs.update(found)
        (self.aside / PROGRESS).unlink(missing_ok=True)
        if self.output.exists():
            shutil.rmtree(self.output)
        self.aside.rename(self.output)


def refuse_taken(output: Path, *, overwrite: bool) -> None:
    """Raises UserError where something stands at `output`, an interpretation that may be replaced aside."""
    if not output.exists() and not output.is_symlink():
        return
    if not overwrite:
        raise UserError(f"`{output}` exists already", "name another, or add `--overwrite`")
    if layout_of(output) != LAYOUT:
        raise UserError(f"`{output}` is no interpretation, so it is not overwritten", "name another place")
