"""One point of a sweep, from wherever it stands to its report; what goes wrong is an outcome too."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from getdsl.diagnostics import SpecError, UserError
from getdsl.runs.opened.options import Options
from getdsl.runs.outcome.files import FAILURE, METRICS
from getdsl.runs.outcome.reading import read_table
from getdsl.runs.process.memory import keep_freed_memory
from getdsl.runs.sweep.points import Point

KILLED = "its process was killed: by the system, where memory ran out"


@dataclass(frozen=True)
class Outcome:
    state: Literal["done", "failed"]
    why: str = ""


def is_done(point: Point) -> bool:
    """Whether the point's folder holds its whole run."""
    try:
        return read_table(point.folder / METRICS).get("spec_sha256") == point.sha256
    except (OSError, ValueError):
        return False


def carry_out(point: Point, options: Options) -> Outcome:
    """Trains a point, or goes on with it. Raises Interrupted where a signal ended it."""
    from getdsl.runs.training.train import train

    keep_freed_memory()
    try:
        train(point.check(), point.folder, replace(options, resume=True))
    except UserError as error:
        return failed(point, f"{error}" + (f" ({error.help})" if error.help else ""))
    except SpecError as error:
        return failed(point, "; ".join(item.message for item in error.diagnostics))
    except MemoryError:
        return failed(point, "there is not enough memory for it")
    except OSError as error:
        return failed(point, f"{(error.strerror or str(error)).lower()} {error.filename or ''}".strip())
    except Exception as error:
        return failed(point, f"a bug in getdsl: {type(error).__name__}: {error}")
    return Outcome("done")


def failed(point: Point, why: str) -> Outcome:
    """Writes the reason into the point's folder, where the table of runs finds it."""
    from getdsl.runs.evaluation.report import write_text

    try:
        write_text(point.folder / FAILURE, why + "\n")
    except UserError as error:
        return Outcome("failed", f"{why}; {error}")
    return Outcome("failed", why)
