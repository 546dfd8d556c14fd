"""What a run's folder holds, as its page and the table of runs read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from getdsl.formats.json_values import Json
from getdsl.runs.outcome.files import ENVIRONMENT, HISTORY, LOG, METRICS, PICTURES, PLAN, SPEC, USED
from getdsl.runs.outcome.reading import MOST, figures_of, read_history, read_table
from getdsl.runs.pictures.style import FORMATS
from getdsl.text.opener import read_bytes, read_text

MOST_LOG = 200_000  # characters, of its end

Read = TypeVar("Read")


@dataclass(frozen=True)
class Contents:
    """Each file as it is read; empty where it is not there."""

    folder: Path
    metrics: Mapping[str, Json]
    history: list[dict[str, str]]
    environment: Mapping[str, Json]
    plan: str
    log: str
    spec: Mapping[str, str]
    pictures: Mapping[str, Mapping[str, bytes]]

    @staticmethod
    def of(folder: Path) -> Contents:
        """Raises OSError and ValueError for a file that is there and cannot be read."""
        return Contents(
            folder,
            _read(folder / METRICS, read_table, {}),
            _read(folder / HISTORY, read_history, []),
            _read(folder / ENVIRONMENT, read_table, {}),
            _read(folder / PLAN, _text, ""),
            _read(folder / LOG, _text, "")[-MOST_LOG:],
            {
                str(path.relative_to(folder)): _text(path)
                for path in (folder / SPEC, *sorted((folder / USED).glob("*.get")))
                if path.is_file()
            },
            _pictures(folder / PICTURES),
        )

    def figures(self, of: str) -> dict[str, float | None]:
        """The figures of the `model` or the `baseline`."""
        return figures_of(self.metrics.get(of))

    @property
    def baseline_name(self) -> str:
        found = self.metrics.get("baseline")
        return str(found.get("what", "baseline")) if isinstance(found, dict) else "baseline"


def _read(path: Path, reader: Callable[[Path], Read], absent: Read) -> Read:
    return reader(path) if path.exists() else absent


def _text(path: Path) -> str:
    return read_text(path, MOST)


def _pictures(folder: Path) -> dict[str, dict[str, bytes]]:
    """The pictures by name, each in its formats; the learning curve and the points first."""
    names = sorted(
        {path.stem for path in folder.glob("*.png")},
        key=lambda name: (not name.startswith("predicted"), name != "learning_curve", name),
    )
    return {
        name: {
            format: read_bytes(folder / f"{name}.{format}", MOST)
            for format in FORMATS
            if (folder / f"{name}.{format}").is_file()
        }
        for name in names
    }
