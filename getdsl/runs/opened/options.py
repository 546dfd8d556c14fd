"""How a run is carried out, beside what its spec says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from getdsl.runs.ranks.placement import ALONE, Placement
from getdsl.trust import NOBODY, Trust


@dataclass(frozen=True)
class Options:
    resume: bool = False
    overwrite: bool = False
    trust: Trust = NOBODY
    fuse: bool = True
    offline: bool = False
    adapter: Path | None = None  # to measure with, over the checkpoint's weights
    threads: int | None = None
    device: str = "auto"
    placement: Placement = ALONE  # the processes that train or measure together
    checkpoint_minutes: float | None = None
    quiet: bool = False
    bar: bool = True
    profile: bool = False


DEFAULTS = Options()
