"""What is written of a run beside its weights: the record of a checkpoint, and what a run goes on from.

The names are those in the files. An entry that older checkpoints lack is marked as not required.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NotRequired, Required, TypedDict, cast

from getdsl.formats.checkpoint_header import Header
from getdsl.formats.json_values import Json

if TYPE_CHECKING:  # a record is read where torch is not
    from torch import Tensor

    from getdsl.compiler.lower.adaptation import AdaptationRecord, LoadedFile

Row = dict[str, float]  # the figures of an epoch, by the columns of history.csv


class SmallFile(TypedDict):
    path: str
    text: str


class SpecRecord(TypedDict):
    """A spec with all files that it uses, and the folder that paths set from outside start in."""

    files: dict[str, str]
    model: str
    overrides: dict[str, Json]
    folder: str
    small_files: dict[str, SmallFile]  # by what sets the param that names them
    sha256: str  # of the parts
    parts: dict[str, str]


class DataRecord(TypedDict):
    path: str
    sha256: str


class Best(TypedDict, total=False):
    """The epoch whose weights these are, and the figure that they were kept for."""

    epoch: Required[float]  # a fraction where it was measured within one
    step: int
    monitor: str
    value: float


class RunRecord(TypedDict):
    spec: SpecRecord
    data: DataRecord
    adaptation: NotRequired[AdaptationRecord]
    loaded: NotRequired[list[LoadedFile]]
    seed: int
    threads: int
    versions: dict[str, str]
    best: NotRequired[Best]


class PositionState(TypedDict):
    epoch: int
    batch: int
    step: int  # batches of all epochs
    stage: NotRequired[int]
    stage_batch: NotRequired[int]
    history: list[Row]


class SumsState(TypedDict):
    samples: int
    sums: dict[str, float]


class RandomStates(TypedDict):
    torch: Tensor
    numpy: list[Any]
    python: list[Any]
    cuda: NotRequired[list[Tensor]]


class AverageState(TypedDict):
    steps: int
    weights: dict[str, Tensor]


class StepsState(TypedDict, total=False):
    """What an optimizer and its schedule need to go on; `parts` are those of parts, by name."""

    optimizer: dict[str, Any]
    schedule: dict[str, Any]
    parts: NotRequired[dict[str, StepsState]]


class TrainingState(StepsState, total=False):
    """What a run needs to go on; empty where a checkpoint holds weights only."""

    precision: dict[str, Any]
    random: RandomStates
    random_of_others: NotRequired[list[RandomStates]]  # of the processes after the first, by rank
    sums: SumsState
    average: NotRequired[AverageState]  # of a run with `ema`
    position: PositionState


def record_of(header: Header) -> RunRecord:
    """The record that a checkpoint of a run carries, as it was written."""
    return cast(
        RunRecord, {name: value for name, value in header.record.items() if name not in ("format", "version")}
    )
