"""Sequences towards a goal: from a run's folder to a folder of results."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from getdsl.compiler.constants.overrides import Overrides
from getdsl.diagnostics import UserError
from getdsl.formats.meme import MemeError
from getdsl.formats.text import FormatError
from getdsl.runs.design.constraints import Constraints, read_allowed, read_gc
from getdsl.runs.design.evolve import evolve
from getdsl.runs.design.goal import Goal, read_goal
from getdsl.runs.design.gradient import follow_gradient
from getdsl.runs.design.insert import Motifs, insert, read_motifs
from getdsl.runs.design.results import write_results
from getdsl.runs.design.scorer import Scorer
from getdsl.runs.design.starts import Start, read_starts
from getdsl.runs.design.steps import Design, Step
from getdsl.runs.opened.options import DEFAULTS, Options
from getdsl.runs.opened.session import Session
from getdsl.runs.process.machine import using_threads
from getdsl.text.whole import whole_folder

Method: TypeAlias = Literal["evolution", "gradient", "insertion"]
ROUNDS = {"evolution": 20, "gradient": 200, "insertion": 5}
OURS = frozenset("steps.tsv designs.fa steps.png steps.svg edits.png edits.svg".split())


@dataclass(frozen=True)
class Request:
    """What is asked for, as the command line has it."""

    towards: str
    method: Method = "evolution"
    start: str = "random"
    number: int = 1
    length: int | None = None
    insert: str | None = None
    fixed: str | None = None
    allow: str | None = None
    gc: str | None = None
    edits: int | None = None
    rounds: int | None = None
    price: float = 0.1
    seed: int = 0
    batch: int = 256


def design(
    path: Path,
    output: Path,
    request: Request,
    options: Options = DEFAULTS,
    overrides: Overrides | None = None,
    done: Callable[[Design], None] = lambda design: None,
) -> tuple[Goal, list[Design]]:
    """Designs sequences with a run's model, and writes them into a folder, whole or not at all.

    The same seed gives the same sequences. Raises UserError and SpecError.
    """
    refuse_taken(output, overwrite=options.overwrite)
    with Session.open(path, options, overrides) as session, using_threads(options.threads):
        goal = read_goal(request.towards, session.spec.graph.output_types())
        scorer = Scorer(session, goal, request.batch)
        with _reading():
            motifs = read_motifs(request.insert) if request.insert is not None else {}
            starts = read_starts(request.start, session.spec, request.length, request.number, request.seed)
            limits = [_limits(start, request) for start in starts]
        designs = []
        for at, (start, constraints) in enumerate(zip(starts, limits, strict=True)):
            designs.append(_designed(start, constraints, scorer, motifs, request, request.seed + at))
            done(designs[-1])
    with whole_folder(output) as aside:
        write_results(aside, designs, goal)
    return goal, designs


def refuse_taken(output: Path, *, overwrite: bool) -> None:
    """Raises UserError where something stands at `output`, an earlier design that may go aside."""
    if not output.exists():
        return
    if not overwrite:
        raise UserError(f"`{output}` exists already", "name another, or add `--overwrite`")
    if not output.is_dir() or not {item.name for item in output.iterdir()} <= OURS:
        raise UserError(
            f"`{output}` holds more than a design, so it is not overwritten", "name another place"
        )


@contextmanager
def _reading() -> Iterator[None]:
    """Makes what readers say of a user's file an error of the user's."""
    try:
        yield
    except (FormatError, MemeError) as error:
        raise UserError(str(error), "mend the file, or name another") from error


def _limits(start: Start, request: Request) -> Constraints:
    return Constraints(
        read_allowed(request.fixed, request.allow, len(start.codes), start.place),
        read_gc(request.gc) if request.gc is not None else None,
        request.edits,
    )


def _designed(
    start: Start, constraints: Constraints, scorer: Scorer, motifs: Motifs, request: Request, seed: int
) -> Design:
    values = scorer.values(start.codes[None])
    found = Design(start, [Step("start", start.codes, values[0], float(scorer.gains(values)[0]))])
    rounds = request.rounds or ROUNDS[request.method]
    match request.method:
        case "evolution":
            evolve(found, scorer, constraints, rounds)
        case "gradient":
            follow_gradient(found, scorer, constraints, rounds, request.price, seed)
        case "insertion":
            insert(found, motifs, scorer, constraints, rounds)
    return found
