"""What is asked of a prediction."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Wanted:
    """Samples of a split, or regions of a file, or the records of a FASTA; of some outputs, or of all.

    `split` is test, validation, train or all; by default the first of them that has samples, and of other
    regions all. `bin_size` is the bp of a value along a sequence, where the model does not say it.
    """

    split: str | None = None
    regions: Path | None = None
    fasta: Path | None = None
    outputs: tuple[str, ...] = ()
    bin_size: int | None = None


EVERYTHING = Wanted()
