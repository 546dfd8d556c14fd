"""`dataset` of a config. No data source of getdsl's reads GET's stores yet, so its lines are notes."""

from __future__ import annotations

from typing import Any

from getdsl.importing.classes import REASONS
from getdsl.importing.config import inside
from getdsl.importing.ledger import Ledger
from getdsl.importing.literals import literal

OF_THE_SOURCE = "an argument of the data's source"
NEED = "no source of getdsl's reads GET's data yet; with one, write `data { source = NAME(PATH) … }`"


def import_dataset(ledger: Ledger) -> list[str]:
    """Ticks off the data's settings, and returns the lines that stand for the missing section."""
    for name in ledger.table("dataset").entries:
        path = inside("dataset", name)
        if f"*.{name}" not in REASONS:
            ledger.none(path, _counterpart(name, ledger.glance(path)), "data")
    workers = ledger.glance("machine.num_workers")
    ledger.none("machine.num_workers", f"in `data`: `num_workers = {literal(workers)}`", "data")
    return [f"# data: {NEED}"] if ledger.has("dataset") else []


def _counterpart(name: str, value: Any) -> str:
    """What a setting becomes in a `data` section."""
    if name == "leave_out_chromosomes" and value:
        names = value.split(",") if isinstance(value, str) else value
        held = literal([str(item).strip() for item in names] if isinstance(names, list) else [])
        return f"in `data`: `hold_out = {{ chromosomes = {held} }}`"
    if name == "num_region_per_sample" and isinstance(value, int):
        return f"in `data`: `num_region_per_sample = {value}`"
    return OF_THE_SOURCE
