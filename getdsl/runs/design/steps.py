"""A design as it goes: its steps, each with what was changed and what the model said then."""

from __future__ import annotations

from dataclasses import dataclass, field

from getdsl.formats.fasta import Codes
from getdsl.runs.design.scorer import Values
from getdsl.runs.design.starts import Start


@dataclass(frozen=True)
class Step:
    """A sequence, the values of the goal's terms for it, and what was done to the one before it."""

    what: str
    codes: Codes  # [L]
    values: Values  # [terms]
    gain: float


@dataclass
class Design:
    """The way of one sequence; step 0 is its start."""

    start: Start
    steps: list[Step] = field(default_factory=list)

    @property
    def codes(self) -> Codes:
        return self.steps[-1].codes

    @property
    def edits(self) -> int:
        return int((self.codes != self.start.codes).sum())
