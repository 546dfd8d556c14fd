"""Results of scoring as a file: in parts that processes share, written by the first, whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from getdsl.compiler.constants.overrides import Overrides
from getdsl.data.data_source import DataSource
from getdsl.formats.json_values import Json
from getdsl.formats.variants import Record
from getdsl.runs.opened.options import Options
from getdsl.runs.opened.session import Session
from getdsl.runs.process.machine import using_threads
from getdsl.runs.process.quiet import quiet_lightning
from getdsl.runs.ranks.agreement import first_does, first_says
from getdsl.runs.ranks.alike import refuse_unlike
from getdsl.runs.ranks.in_turn import in_turn
from getdsl.runs.ranks.joined import joined
from getdsl.runs.ranks.sharing import Process
from getdsl.runs.run_folder.provenance import data_record
from getdsl.runs.score.parts import Parts
from getdsl.runs.score.tables import Row, Table

Item = TypeVar("Item")
Rows = Sequence[tuple[Record | None, list[Row]]]
Step = Callable[[int], None]  # how many are done


@dataclass
class Scored:
    """What was scored: records, rows, those without effects by their reason, and remarks."""

    records: int = 0
    rows: int = 0
    reasons: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def count(self, rows: Rows) -> None:
        for row in (row for _, own in rows for row in own):
            self.rows += 1
            if reason := row.get("reason"):
                self.reasons[reason] = self.reasons.get(reason, 0) + 1


@contextmanager
def opened(path: Path, options: Options, overrides: Overrides | None) -> Iterator[Session]:
    """A session of all processes that score together."""
    with (
        quiet_lightning(),
        joined(options),
        Session.open(path, options, overrides) as session,
        using_threads(session.threads),
    ):
        yield session


def made_of(session: Session, source: DataSource, choices: str) -> dict[str, Json]:
    """What results follow from, beside what is scored."""
    options = session.options
    text = f"{choices} {options.fuse} {options.adapter} {session.stored.overrides}"
    return {
        "checkpoint": session.stored.header.sha256,
        "data": data_record(source)["sha256"],
        "options": hashlib.sha256(text.encode()).hexdigest(),
    }


def write_results(
    session: Session,
    output: Path,
    table: Table,
    about: dict[str, Json],
    tasks: Iterable[Sequence[Item]],
    rows_of: Callable[[Sequence[Item]], Rows],
    scored: Scored,
    step: Step,
) -> None:
    """Writes the rows of tasks, a part each, and counts them; parts that are there, of `about`, stay."""
    refuse_unlike({name: str(value) for name, value in about.items()})
    parts, left = Parts(output), _Left(tasks)
    with ExitStack() as stack:
        first_does(lambda: stack.enter_context(parts.of(about, overwrite=session.options.overwrite)))
        there = first_says(parts.there() if Process.current().first else set())
        for number, rows in in_turn(left.after(there), lambda task: (task[0], rows_of(task[1]))):
            parts.make(number, lambda path, rows=rows: table.write(rows, path))  # type: ignore[misc]
            scored.count(rows)
            step(left.seen)
        first_does(lambda: parts.finish(left.number, table.join))


class _Left(Generic[Item]):
    """Tasks by number: how many there were, and of how many items."""

    def __init__(self, tasks: Iterable[Sequence[Item]]) -> None:
        self.tasks, self.number, self.seen = tasks, 0, 0

    def after(self, there: Set[int]) -> Iterator[tuple[int, Sequence[Item]]]:
        for task in self.tasks:
            number, self.number, self.seen = self.number, self.number + 1, self.seen + len(task)
            if number not in there:
                yield number, task
