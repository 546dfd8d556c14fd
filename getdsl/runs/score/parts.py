"""Results in parts, of which those that are there are not made again: how a run that was killed goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from getdsl.diagnostics import UserError
from getdsl.formats.json_values import Json
from getdsl.runs.run_folder.lock import locked
from getdsl.text.opener import MEBIBYTE, read_text
from getdsl.text.whole import whole_file

NAME = "run.json"


class Parts:
    """Files beside `output`, one for each part of the results, until all are there."""

    def __init__(self, output: Path) -> None:
        self.output = output
        self.folder = output.with_name(f".{output.name}.parts")

    @contextmanager
    def of(self, made_of: Json, *, overwrite: bool) -> Iterator[None]:
        """Holds the folder; parts of a run that was made of something else are not gone on with.

        Raises UserError where there are such, or results already, that may not be overwritten.
        """
        if self.output.exists() and not overwrite:
            raise UserError(f"`{self.output}` exists already", "name another, or add `--overwrite`")
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder, "scores into it"):
            self._refuse_others(made_of, overwrite)
            yield
        shutil.rmtree(self.folder, ignore_errors=True)

    def _refuse_others(self, made_of: Json, overwrite: bool) -> None:
        record = self.folder / NAME
        if record.exists() and json.loads(read_text(record, MEBIBYTE)) != made_of:
            if not overwrite:
                raise UserError(
                    f"`{self.output}` was begun from another run, other variants or other options",
                    "run what it was begun with, name another place, or add `--overwrite`",
                )
            for file in self.folder.glob("[0-9]*"):
                file.unlink()
        with whole_file(record) as aside:
            aside.write_text(json.dumps(made_of))

    def path(self, number: int) -> Path:
        return self.folder / f"{number:08}"

    def there(self) -> set[int]:
        """The numbers of the parts that an earlier run made."""
        return {int(path.name) for path in self.folder.glob("[0-9]*") if path.name.isdecimal()}

    def make(self, number: int, write: Callable[[Path], None]) -> None:
        """Writes a part whole."""
        with whole_file(self.path(number)) as aside:
            write(aside)

    def finish(self, number: int, join: Callable[[Iterator[Path], Path], None]) -> None:
        """The results, of so many parts in their order, whole."""
        with whole_file(self.output) as aside:
            join((self.path(at) for at in range(number)), aside)
