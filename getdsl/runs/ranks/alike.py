"""Whether all processes of a run see the same spec, data and folder."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from io import StringIO
from pathlib import Path
from typing import IO

from getdsl.diagnostics import UserError
from getdsl.runs.outcome.log import LoggedConsole, logged
from getdsl.runs.ranks.agreement import agreed, first_does, gathered
from getdsl.runs.ranks.sharing import Process
from getdsl.runs.run_folder.checkpoint import Checkpoint
from getdsl.runs.run_folder.folder import claimed
from getdsl.runs.run_folder.lock import NAME
from getdsl.runs.run_folder.records import RunRecord

SAME_FILES = "give all machines the same files, or a folder that all of them see"


def refuse_unlike(seen: Mapping[str, str], help: str = SAME_FILES) -> None:
    """Raises UserError, in all processes, where one sees something else; `seen` are hashes of it by name."""
    (first, _), *others = gathered((dict(seen), socket.gethostname()))
    for rank, (other, host) in enumerate(others, start=1):
        for name in first:
            if other.get(name) != first[name]:
                raise UserError(f"process {rank} on {host} does not see the {name} of the first", help)


def checkpoint_hash(checkpoint: Checkpoint | None) -> str:
    header = checkpoint.header if checkpoint is not None else None
    return header.sha256 or "" if header is not None else ""


def made_of(record: RunRecord) -> dict[str, str]:
    """What processes must have in common, to be compared."""
    return {
        "spec": record["spec"]["sha256"],
        f"data {record['data']['path']}": record["data"]["sha256"],
        **{f"version of {name}": version for name, version in record["versions"].items()},
    }


@contextmanager
def held(folder: Path, *, keep: bool) -> Iterator[None]:
    """The first process claims the folder for all, which must see it."""
    with ExitStack() as stack:
        first_does(lambda: stack.enter_context(claimed(folder, keep=keep)))
        agreed(lambda: _refuse_unseen(folder))
        yield


@contextmanager
def logged_by_first(folder: Path, stream: IO[str]) -> Iterator[LoggedConsole]:
    """A console that prints and keeps a log in the first process, and in the others nothing."""
    if Process.current().first:
        with logged(folder, stream) as console:
            yield console
    else:
        yield LoggedConsole(StringIO(), StringIO())


def _refuse_unseen(folder: Path) -> None:
    if not (folder / NAME).exists():
        raise UserError(f"`{folder}` is not the folder that the first process writes to", SAME_FILES)
