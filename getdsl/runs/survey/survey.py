"""The samples of a spec: how many there are, and what some of them hold."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from getdsl.compiler.spec import Spec
from getdsl.data.data_source import DataSource, Indices
from getdsl.data.draws import MEASURED, uniform
from getdsl.data.negatives import NEGATIVE
from getdsl.data.sample_places import places_of
from getdsl.data.splits import Split
from getdsl.runs.opened.samples import SPLITS, reading
from getdsl.runs.survey.tally import KeyFigures, Tally

VALUES = 1 << 28
"""How many values are looked at, at most and about; then fewer samples are."""
FEWEST, AT_ONCE = 16, 64


@dataclass(frozen=True)
class Part:
    """A split: its samples in all, on each chromosome and of each cell type, and the negatives of them."""

    name: str
    samples: int
    chromosomes: dict[str, int]
    celltypes: dict[str, int]
    negatives: int | None


@dataclass(frozen=True)
class Survey:
    """What the data hold; `keys` are measured on `looked_at` samples, the same each time."""

    path: str
    samples: int
    parts: list[Part]
    keys: list[KeyFigures]
    looked_at: int
    warnings: list[str] = field(default_factory=list)


def survey(spec: Spec, source: DataSource, splits: Split, most: int) -> Survey:
    """Counts all samples, and measures at most `most` of them. Raises UserError where they cannot be read."""
    parts = _parts(source, splits)
    chosen = _chosen(len(source), most)
    keys, looked_at = _measured(spec, source, chosen)
    warnings = list(getattr(source, "notes", ()))
    warnings += [f"`{key.name}` {wrong}" for key in keys if (wrong := key.degenerate()) is not None]
    warnings += [
        f"the {part.name} split has no samples" for part in parts if not part.samples and part.name != "test"
    ]
    return Survey(source.path, len(source), parts, keys, looked_at, warnings)


def _parts(source: DataSource, splits: Split) -> list[Part]:
    places = places_of(source)
    negative = places.columns.get(NEGATIVE)
    found = []
    for name in reversed(SPLITS):
        indices: Indices = getattr(splits, name)
        celltypes = {} if places.celltype is None else _times(places.celltype[indices])
        negatives = None
        if negative is not None:
            negatives = int((negative[places.rows[indices, 0]] == 1).sum())
        chromosomes = _times(source.chromosomes[indices])
        found.append(Part(name, len(indices), chromosomes, celltypes, negatives))
    return found


def _times(values: np.ndarray) -> dict[str, int]:
    """How often each value is there, in the order in which they come first."""
    names, first, number = np.unique(values, return_index=True, return_counts=True)
    order = np.argsort(first)
    return dict(zip(names[order].tolist(), number[order].tolist(), strict=True))


def _chosen(samples: int, most: int) -> Indices:
    """Some samples in a drawn order."""
    drawn = uniform(0, 1, MEASURED, np.arange(samples))
    found: Indices = np.argsort(drawn, kind="stable")[:most]
    return found


def _measured(spec: Spec, source: DataSource, chosen: Indices) -> tuple[list[KeyFigures], int]:
    types = spec.data.outputs if spec.data is not None else {}
    tallies: dict[str, Tally] = {}
    done, most = 0, len(chosen)
    while done < most:
        part = np.sort(chosen[done : min(most, done + (AT_ONCE if done else FEWEST))])
        with reading():
            batch = source.batch(part)
        if not done:
            each = sum(value.numel() for value in batch.values()) // len(part)
            most = min(most, max(FEWEST, VALUES // max(1, each)))
            dna = {key for key, type in types.items() if type.domain == "onehot"}
            tallies = {key: Tally(key, most, dna=key in dna) for key in batch}
        for key, tally in tallies.items():
            tally.add(batch[key])
        done += len(part)
    return [tally.figures() for tally in tallies.values()], done
