"""Training, validation and test samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from getdsl.compiler.sections.data import DataSettings
from getdsl.data.data_source import DataSource, Indices
from getdsl.data.errors import DataError
from getdsl.data.held import set_aside
from getdsl.data.overlaps import Stretches, near
from getdsl.data.sample_places import Mask, SamplePlaces, places_of


@dataclass(frozen=True)
class Split:
    """Sample numbers, ordered; no sample is in two of them."""

    train: Indices
    validation: Indices
    test: Indices


def split(source: DataSource, settings: DataSettings) -> Split:
    """The samples as `hold_out` and `validation` say, the others train.

    A sample is a test sample where any rule of `hold_out` says so; else one of validation where any rule of
    `validation` does. A window is where any of its regions is. Samples that are held out for their place may
    not overlap those that train or validate, whatever their cell types, nor lie closer to them than `gap` bp;
    those that are held out for their cell type alone share their places with the others.

    Raises DataError where a rule cannot be answered, where it finds nothing, where samples are too close, and
    where nothing is left to train on.
    """
    places = places_of(source)
    test = set_aside(settings.hold_out, "hold_out", places, settings.gap, np.zeros(len(places), bool))
    held = set_aside(settings.validation, "validation", places, settings.gap, test.all)
    validation = held.all & ~test.all
    train = ~(test.all | held.all)
    _refuse_empty(train, validation, settings, places)
    for one, other, name in (
        (train, test.by_place, "hold_out"),
        (train, held.by_place & ~test.all, "validation"),
        (validation, test.by_place, "hold_out"),
    ):
        _refuse_near(one, other, "training" if one is train else "validation", name, settings.gap, places)
    return Split(*map(np.flatnonzero, (train, validation, test.all)))


def _refuse_empty(train: Mask, validation: Mask, settings: DataSettings, places: SamplePlaces) -> None:
    if not train.any():
        problem = f"hold_out and validation take all of its {len(places):,} samples"
        raise DataError(places.path, problem, "leave at least one chromosome to train on")
    if settings.validation is not None and not settings.validation.empty() and not validation.any():
        problem = "hold_out takes all samples that validation names"
        raise DataError(places.path, problem, "a sample may be in one set only: name others in one of them")


def _refuse_near(samples: Mask, held: Mask, what: str, name: str, gap: int, places: SamplePlaces) -> None:
    """Raises DataError where a region of a sample overlaps one that is held, or lies closer than `gap`."""
    if places.start is None or places.end is None or not held.any() or not samples.any():
        if gap and places.start is None and held.any():
            places.ends("gap")
        return
    all = Stretches(places.chrom, places.start, places.end)
    rows, others = (np.flatnonzero(places.regions_of(mask)) for mask in (samples, held))
    met = near(all.chosen(rows), all.chosen(others), gap)
    if not (met >= 0).any():
        return
    close = np.zeros(len(places.chrom), bool)
    close[rows[met >= 0]] = True
    number = int((places.samples_with(close) & samples).sum())
    first = int(np.argmax(met >= 0))
    row, other = int(rows[first]), int(others[met[first]])
    reason = f"lie closer than {gap:,} bp to" if gap else "overlap"
    pair = (
        f"{places.named(row)} is in both"
        if row == other
        else f"{places.named(row)} and {places.named(other)}"
    )
    problem = f"{number:,} {what} samples {reason} those of {name}, the first {pair}"
    mend = "set neighbours aside together: whole `chromosomes`, wider `regions`, or a `fraction` in blocks"
    raise DataError(places.path, problem, mend + (", or write a smaller `gap`" if gap else ""))
