"""As what predictions are kept: the name of the output says it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import zarr

from getdsl.diagnostics import UserError
from getdsl.formats.bigwig import is_bigwig
from getdsl.formats.text import FormatError
from getdsl.runs.predict.chosen import Chosen
from getdsl.runs.predict.partial import Partial
from getdsl.runs.predict.wanted import Wanted
from getdsl.runs.predict.writer import LAYOUT
from getdsl.runs.session import Session
from getdsl.text.opener import open_file
from getdsl.text.whole import put_in_place

PARQUET, BIGWIG = (".parquet", ".pq"), (".bw", ".bigwig")


class Form(Protocol):
    """Makes of a whole store what was asked for; `targets` are the files or folders that will stand there."""

    @property
    def targets(self) -> list[Path]: ...

    def ours(self, path: Path) -> bool:
        """Whether what stands at a target may be written over: it is predictions of this form."""

    def finish(self, partial: Partial) -> None:
        """Puts the targets in place, each whole."""


def form_of(output: Path, session: Session, chosen: Chosen, wanted: Wanted) -> Form:
    """Raises UserError where the samples or the outputs do not go into such a form."""
    suffix = output.suffix.lower()
    if suffix in PARQUET:
        from getdsl.runs.predict.parquet_form import ParquetForm

        return ParquetForm.of(output, chosen)
    if suffix in BIGWIG:
        from getdsl.runs.predict.track_form import TrackForm

        return TrackForm.of(output, session, chosen, wanted)
    return ZarrForm([output])


@dataclass(frozen=True)
class ZarrForm:
    """The store itself."""

    targets: list[Path]

    def ours(self, path: Path) -> bool:
        try:
            return path.is_dir() and zarr.open_group(path, mode="r").attrs.get("layout") == LAYOUT
        except (OSError, ValueError, KeyError):
            return False

    def finish(self, partial: Partial) -> None:
        put_in_place(partial.store, self.targets[0])


def refuse_taken(form: Form, *, overwrite: bool) -> None:
    """Raises UserError where something stands at a target, predictions that may be overwritten aside."""
    for target in form.targets:
        if not target.exists() and not target.is_symlink():
            continue
        if not overwrite:
            raise UserError(f"`{target}` exists already", "name another, or add `--overwrite`")
        if not form.ours(target):
            raise UserError(f"`{target}` is no predictions, so it is not overwritten", "name another place")


def begins_with(magic: bytes) -> Callable[[Path], bool]:
    """Whether a file begins with some bytes."""

    def test(path: Path) -> bool:
        try:
            with open_file(path) as file:
                return file.read(len(magic)) == magic
        except OSError:
            return False

    return test


def is_track(path: Path) -> bool:
    try:
        return is_bigwig(path)
    except FormatError:
        return False
