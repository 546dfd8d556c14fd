"""From what a user names, a file, a revision of one or the folder of a run, to a checked spec."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from getdsl.compiler.check import check, check_files
from getdsl.compiler.constants.overrides import Overrides, read_overrides
from getdsl.compiler.spec import Checked
from getdsl.diagnostics import Diagnostics, SpecError, UserError
from getdsl.diff.revision import Revision
from getdsl.diff.side import Side
from getdsl.formats.checkpoint_header import Header, LoadRequest
from getdsl.runs.outcome.files import SPEC
from getdsl.runs.run_folder.records import record_of
from getdsl.runs.run_folder.spec_record import restore_spec
from getdsl.weights.header import read_header
from getdsl.weights.sniff import is_checkpoint

CHECKPOINTS = ("best.safetensors", "last.safetensors")


@dataclass(frozen=True)
class Asked:
    """What is set from outside, on both sides, and which model is taken of files that have several."""

    settings: Sequence[str] = ()
    param_files: Sequence[Path] = ()
    model: str | None = None

    def overrides(self) -> Overrides:
        diagnostics = Diagnostics()
        found = read_overrides(self.settings, self.param_files, None, diagnostics)
        if diagnostics.errors:
            raise SpecError(diagnostics.sorted())
        return found


def open_sides(before: str, after: str | None, asked: Asked) -> tuple[Side, Side]:
    """Both sides; without `after`, a file as the last commit has it and as it is now.

    `HEAD~1:` alone is the other side's file in that revision. Raises UserError, and SpecError where a side
    has errors.
    """
    if after is None:
        before, after = "HEAD:", before
    first = _open(_completed(before, after), asked)
    return first, _open(_completed(after, before), asked)


@dataclass(frozen=True)
class _Named:
    """A side as it is asked for: a path, in a revision or on the disk."""

    text: str
    path: Path
    revision: Revision | None = None


def _completed(text: str, other: str) -> _Named:
    if os.path.lexists(text) or ":" not in text:
        return _Named(text, Path(text))
    revision, _, path = text.partition(":")
    if not path:
        beside = Path(os.path.abspath(_of_other(other)))
        found = Revision.of(revision, beside.parent if beside.parent.is_dir() else Path.cwd())
        if found.inside(beside) is None:
            raise UserError(
                f"`{beside}` is not in the repository `{found.top}`", "name the file behind the `:`"
            )
        return _Named(found.shown(beside), beside, found)
    found = Revision.of(revision, Path.cwd())
    start = Path.cwd() if path.startswith(("./", "../")) else found.top  # as git takes it
    whole = Path(os.path.normpath(start / path))
    if found.inside(whole) is None:
        raise UserError(
            f"`{path}` leads out of the repository `{found.top}`", "name a file of the repository"
        )
    return _Named(text, whole, found)


def _of_other(other: str) -> Path:
    """The file on the other side, that `HEAD~1:` alone means."""
    if not os.path.lexists(other) and ":" in other:
        raise UserError("each side names a revision and none a file", "write `HEAD~1:specs/x.get`")
    if is_checkpoint(Path(other)):
        raise UserError(f"`{other}` is a run, of which no revision has a spec", "write `HEAD~1:specs/x.get`")
    return Path(other)


def _open(named: _Named, asked: Asked) -> Side:
    if named.revision is not None:
        texts = named.revision.files(named.path)
        return _side(named.text, check_files(texts, asked.overrides(), asked.model, named.revision.shown))
    if not is_checkpoint(named.path):
        checked = check(named.path, settings=asked.settings, param_files=asked.param_files, model=asked.model)
        return _side(named.text, checked)
    return _of_run(named, asked)


def _side(name: str, checked: Checked, header: Header | None = None) -> Side:
    if checked.spec is None:
        raise SpecError([item for item in checked.diagnostics if item.severity == "error"])
    return Side(name, checked.spec, header)


def _of_run(named: _Named, asked: Asked) -> Side:
    """The spec in a checkpoint, or in the folder of a run that has none yet."""
    file = named.path
    if named.path.is_dir():
        files = [named.path / name for name in CHECKPOINTS]
        file = next((path for path in files if path.exists()), named.path / SPEC)
    if not file.exists():
        raise UserError(
            f"the folder `{named.path}` holds no run", "name a .get file, or what `getdsl train` wrote"
        )
    if file.name == SPEC:
        return _open(_Named(named.text, file), asked)
    header = read_header(LoadRequest(str(file)), verify=False)
    if "spec" not in header.record:
        raise UserError(
            f"`{file}` holds no spec", "name a checkpoint that `getdsl train` wrote, or a .get file"
        )
    with ExitStack() as stack:
        spare = Path(stack.enter_context(TemporaryDirectory()))
        return Side(named.text, restore_spec(record_of(header)["spec"], asked.overrides(), spare), header)
