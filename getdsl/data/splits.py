"""Training, validation and test samples, by chromosome."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from getdsl.data.data_source import DataSource, Indices
from getdsl.data.errors import DataError, suggest
from getdsl.diagnostics.listing import joined


@dataclass(frozen=True)
class Split:
    """Sample numbers, ordered; no chromosome is in two of them."""

    train: Indices
    validation: Indices
    test: Indices


def split(source: DataSource, hold_out: Sequence[str], validation: Sequence[str] = ()) -> Split:
    """Chromosomes of `hold_out` are the test set, those of `validation` the validation set, the others train.

    An empty list gives an empty set. A chromosome that the source lacks, one in both lists, and lists that
    leave nothing to train on are errors.
    """
    _check_names(source, "hold_out", hold_out)
    _check_names(source, "validation", validation)
    shared = sorted(set(hold_out) & set(validation))
    if shared:
        problem = f"{joined(shared)} is in both hold_out and validation"
        raise DataError(
            source.path, problem, "take it out of one of them, since a sample may be in one set only"
        )
    test = np.isin(source.chromosomes, list(hold_out))
    held = np.isin(source.chromosomes, list(validation))
    train = ~test & ~held
    if not train.any():
        problem = f"hold_out and validation take all of its {len(source)} samples"
        raise DataError(source.path, problem, "leave at least one chromosome to train on")
    return Split(np.flatnonzero(train), np.flatnonzero(held), np.flatnonzero(test))


def _check_names(source: DataSource, where: str, names: Sequence[str]) -> None:
    present = list(dict.fromkeys(source.chromosomes.tolist()))
    for name in names:
        if name not in present:
            raise DataError(
                source.path, f"{where} names {name!r}, which has no samples", suggest(name, present)
            )
