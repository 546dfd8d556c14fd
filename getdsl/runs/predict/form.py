"""What every form of predictions is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from getdsl.diagnostics import UserError
from getdsl.formats.bigwig import is_bigwig
from getdsl.formats.text import FormatError
from getdsl.runs.predict.partial import Partial
from getdsl.text.opener import open_file


class Form(Protocol):
    """Makes of a whole store what was asked for; `targets` are the files or folders that will stand there."""

    @property
    def targets(self) -> list[Path]: ...

    def ours(self, path: Path) -> bool:
        """Whether what stands at a target may be written over: it is predictions of this form."""

    def finish(self, partial: Partial) -> None:
        """Puts the targets in place, each whole."""


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
