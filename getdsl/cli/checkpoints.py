"""Commands that take a checkpoint where they take a spec: a run's file, or its folder."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from getdsl.diagnostics import Diagnostics, SpecError, UserError
from getdsl.trust import Trust

if TYPE_CHECKING:
    from getdsl.compiler.constants.overrides import Overrides
    from getdsl.formats.checkpoint_header import Header
    from getdsl.runs.opened.session import Session


@contextmanager
def opened_checkpoint(args: argparse.Namespace, trust: Trust) -> Iterator[Session]:
    """The command's checkpoint with the spec inside it, and the command's settings on top."""
    from getdsl.runs.opened.options import Options
    from getdsl.runs.opened.session import Session

    if args.model is not None:
        raise UserError("a checkpoint holds one model, so `--model` does not apply", "leave `--model` away")
    overrides = settings_on_top(args.set, args.params)
    with Session.open(args.spec, Options(trust=trust, fuse=args.fuse), overrides) as found:
        yield found


def settings_on_top(settings: Sequence[str], files: Sequence[Path] = ()) -> Overrides:
    """What `--set` and `--params` set over a run's own settings. Raises SpecError."""
    from getdsl.compiler.constants.overrides import read_overrides

    diagnostics = Diagnostics()
    found = read_overrides(settings, files, None, diagnostics)
    if diagnostics.errors:
        raise SpecError(diagnostics.sorted())
    return found


def foreign_header(path: Path, trust: Trust) -> Header | None:
    """The header of a file that no run of getdsl wrote; None where one did. Raises UserError."""
    from getdsl.formats.checkpoint_header import LoadRequest
    from getdsl.weights.header import read_header

    header = read_header(LoadRequest(str(path)), verify=False, trust=trust)
    return None if "spec" in header.record else header
