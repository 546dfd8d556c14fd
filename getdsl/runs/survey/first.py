"""The first samples, as text."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource
from getdsl.data.splits import Split
from getdsl.runs.opened.samples import SPLITS, reading

LETTERS, NUMBERS = 32, 6  # of a sample that are shown


@dataclass(frozen=True)
class Sample:
    """What identifies a sample, the split that it is in, and what it holds under each key."""

    number: int
    split: str
    table: dict[str, str]
    keys: dict[str, str]


def first_samples(spec: Spec, source: DataSource, splits: Split, number: int) -> list[Sample]:
    """The samples with the lowest numbers. Raises UserError where they cannot be read."""
    chosen = np.arange(min(number, len(source)))
    if not len(chosen):
        return []
    with reading():
        batch = source.batch(chosen)
    types = spec.data.outputs if spec.data is not None else {}
    dna = {key for key, type in types.items() if type.domain == "onehot"}
    split_of = {int(each): name for name in SPLITS for each in getattr(splits, name)[:number]}
    return [
        Sample(
            row,
            split_of.get(row, "train"),
            {name: str(column[row]) for name, column in source.table.items()},
            {key: _dna(value[row]) if key in dna else _numbers(value[row]) for key, value in batch.items()},
        )
        for row in chosen.tolist()
    ]


def _dna(sequence: Tensor) -> str:
    """One-hot DNA as letters, of a window the first region's."""
    while sequence.dim() > 2:
        sequence = sequence[0]
    known = sequence.sum(dim=-1) > 0
    letters = "".join(
        "ACGT"[base] if there else "N"
        for base, there in zip(sequence.argmax(dim=-1).tolist(), known.tolist(), strict=True)
    )
    return letters if len(letters) <= LETTERS else f"{letters[:LETTERS]}… {len(letters):,} bp"


def _numbers(value: Tensor) -> str:
    if not value.dim():
        return f"{value.item():.6g}"
    flat = value.flatten()
    shown = " ".join(f"{item:.4g}" for item in flat[:NUMBERS].tolist())
    if flat.numel() <= NUMBERS:
        return shown
    return f"{shown} … {list(value.shape)}, sum {flat.double().sum().item():.6g}"
