"""`log.txt`: what a run printed, without its bars and colours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.control import Control
from rich.text import Text

from getdsl.diagnostics import SpecError, UserError
from getdsl.runs.outcome.environment import command
from getdsl.runs.outcome.files import LOG
from getdsl.runs.run_folder.checkpoint import saving
from getdsl.text.visible import visible

WIDTH = 160  # of lines that no terminal bounds


class LoggedConsole(Console):
    """Prints to a stream, and once more to a log; what only moves the cursor is not for the log."""

    def __init__(self, stream: IO[str], log: IO[str]) -> None:
        super().__init__(file=stream, width=None if stream.isatty() else WIDTH)
        self.kept = Console(file=log, width=WIDTH, color_system=None)

    def print(self, *objects: Any, **how: Any) -> None:
        super().print(*objects, **how)
        if objects and not all(isinstance(item, Control) for item in objects):
            self.kept.print(*objects, **how)
            self.kept.file.flush()

    def tell(self, text: str) -> None:
        """Prints a text as it is, its colours kept on a terminal."""
        self.print(Text.from_ansi(text), soft_wrap=True, highlight=False)


@contextmanager
def logged(folder: Path, stream: IO[str]) -> Iterator[LoggedConsole]:
    """A console that also writes to the folder's log, behind what is there; a failure stands last."""
    path = folder / LOG
    with saving(path):
        log = path.open("a", encoding="utf-8")
    with log:
        console = LoggedConsole(stream, log)
        print(
            f"{datetime.now(UTC).isoformat(timespec='seconds')}  {visible(command())}", file=log, flush=True
        )
        try:
            yield console
        except (UserError, SpecError) as error:
            print(f"error: {visible(str(error))}", file=log)
            raise
