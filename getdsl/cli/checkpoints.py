"""Commands that take a checkpoint where they take a spec: a run's file, or its folder."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from getdsl.diagnostics import Diagnostics, SpecError, UserError
from getdsl.trust import Trust

if TYPE_CHECKING:
    from getdsl.formats.checkpoint_header import Header
    from getdsl.runs.restore import Restored


def is_checkpoint(path: Path) -> bool:
    """Whether a path leads to a checkpoint and not to a spec: told by its first bytes. Folders are runs."""
    from getdsl.weights.sniff import looks_like_checkpoint

    if path.is_dir():
        return True
    try:
        with path.open("rb") as file:
            return path.is_file() and looks_like_checkpoint(file.read(64))
    except OSError:
        return False  # the reader of specs says what is wrong


@contextmanager
def restored_checkpoint(args: argparse.Namespace) -> Iterator[Restored]:
    """The command's checkpoint with the spec inside it, and the command's settings on top."""
    from getdsl.compiler.constants.overrides import read_overrides
    from getdsl.runs.restore import restored

    if args.model is not None:
        raise UserError("a checkpoint holds one model, so `--model` does not apply", "leave `--model` away")
    diagnostics = Diagnostics()
    overrides = read_overrides(args.set, args.params, None, diagnostics)
    if diagnostics.errors:
        raise SpecError(diagnostics.sorted())
    with restored(args.spec, overrides) as found:
        yield found


def foreign_header(path: Path, trust: Trust) -> Header | None:
    """The header of a file that no run of getdsl wrote; None where one did. Raises UserError."""
    from getdsl.formats.checkpoint_header import LoadRequest
    from getdsl.weights.header import read_header

    header = read_header(LoadRequest(str(path)), verify=False, trust=trust)
    return None if "spec" in header.record else header
