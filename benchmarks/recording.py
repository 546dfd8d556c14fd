"""Rows of a benchmark's results, with what they were measured on."""

from __future__ import annotations

import csv
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any


def add_row(path: Path, row: dict[str, Any]) -> None:
    """Adds to a CSV file; columns that it has not are added to it. Numbers are kept with four digits."""
    texts = {name: f"{value:.4g}" if isinstance(value, float) else value for name, value in row.items()}
    rows: list[dict[str, Any]] = []
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    names = list(dict.fromkeys(name for each in (*rows[:1], texts) for name in each))
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows([*rows, texts])


def circumstances(machine: str) -> dict[str, Any]:
    """The columns that every row begins with."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine,
        "python": platform.python_version(),
        **{name: _version(name) for name in ("torch", "numba", "triton")},
    }


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.machine()} x {len(names) or 1}"
