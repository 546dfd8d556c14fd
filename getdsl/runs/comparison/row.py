"""A run as a row: what it is, how far it came, what it reached."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from getdsl.diagnostics import UserError
from getdsl.formats.checkpoint_header import LoadRequest
from getdsl.formats.json_values import Json
from getdsl.runs.outcome.files import FAILURE, HISTORY, METRICS, RECORD
from getdsl.runs.outcome.reading import figures_of, read_history, read_table
from getdsl.runs.run_folder.lock import is_locked
from getdsl.text.opener import MEBIBYTE, read_text
from getdsl.weights.header import read_header

Read = TypeVar("Read")
Record = Mapping[str, Json]
History = tuple[Mapping[str, float], ...]


@dataclass(frozen=True)
class RunRow:
    """`state` is `done`, `running`, `unfinished`, `failed` or `damaged`, and `why` says more.

    `parts` are those of the spec's identity, `overrides` what was set from outside; `history` has the figures
    of each epoch.
    """

    folder: Path
    state: str
    why: str = ""
    model: str = ""
    sha256: str = ""
    seed: int | None = None
    best: Record = field(default_factory=dict)
    figures: Mapping[str, float | None] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    overrides: Record = field(default_factory=dict)
    history: History = ()

    @property
    def seconds(self) -> float:
        return sum(row.get("seconds", 0.0) for row in self.history)


def row_of(folder: Path) -> RunRow:
    """Never raises for what is wrong in the folder: the row says it."""
    wrong: list[str] = []
    metrics: dict[str, Json] = _found(folder / METRICS, read_table, {}, wrong)
    record: Record = {
        **_found(folder / RECORD, read_table, {}, wrong),
        **_record(folder, wrong),
    }
    history: History = _found(folder / HISTORY, _numbers, (), wrong)
    spec = _table(record.get("spec"))
    parts = {name: str(text) for name, text in _table(spec.get("parts")).items()}
    seed = record.get("seed", metrics.get("seed"))
    state, why = _state(folder, finished=bool(metrics), started=bool(history), wrong=wrong)
    return RunRow(
        folder,
        state,
        why,
        str(spec.get("model") or metrics.get("model_name") or ""),
        str(spec.get("sha256") or metrics.get("spec_sha256") or ""),
        seed if isinstance(seed, int) else None,
        _table(metrics.get("best") or record.get("best")),
        figures_of(metrics.get("model")),
        parts,
        _table(spec.get("overrides")),
        history,
    )


def _state(folder: Path, *, finished: bool, started: bool, wrong: list[str]) -> tuple[str, str]:
    if is_locked(folder):
        return "running", ""
    if wrong:
        return "damaged", "; ".join(wrong)
    if finished:
        return "done", ""
    failure = _found(folder / FAILURE, lambda path: read_text(path, MEBIBYTE), "", wrong)
    if failure:
        return "failed", failure.strip()
    return "unfinished", "" if started else "no epoch was finished"


def _record(folder: Path, wrong: list[str]) -> Record:
    """What the newest readable checkpoint says of its run."""
    for name in ("best.safetensors", "last.safetensors"):
        path = folder / name
        if path.exists():
            try:
                return dict(read_header(LoadRequest(str(path)), verify=False).record)
            except (UserError, OSError) as error:
                wrong.append(f"{name}: {_first(error)}")
    return {}


def _found(path: Path, reader: Callable[[Path], Read], absent: Read, wrong: list[str]) -> Read:
    """What a file holds; where it is not there or damaged, `absent`, and `wrong` gains what is wrong."""
    if not path.exists():
        return absent
    try:
        return reader(path)
    except (OSError, ValueError, RecursionError) as error:
        wrong.append(f"{path.name}: {_first(error)}")
        return absent


def _first(error: Exception) -> str:
    """The first line of what is wrong, in the words of the system where it is a file's trouble."""
    if isinstance(error, ValueError | RecursionError):
        return "it is damaged"
    told = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return told.partition("\n")[0]


def _table(value: object) -> dict[str, Json]:
    return dict(value) if isinstance(value, Mapping) else {}


def _numbers(path: Path) -> History:
    rows = read_history(path)
    return tuple({name: float(text) for name, text in row.items() if text} for row in rows)
