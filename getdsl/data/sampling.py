"""Which samples an epoch takes, and which a split is measured on."""

from __future__ import annotations

import numpy as np

from getdsl.compiler.sections.data import DataSettings
from getdsl.data.data_source import DataSource, Indices
from getdsl.data.draws import MEASURED, PICK, Floats, uniform
from getdsl.data.errors import DataError
from getdsl.data.sample_places import places_of

_START = np.array([1 << 62])  # no sample has this number


def epoch_size(train: Indices, settings: DataSettings) -> int:
    """How many samples an epoch takes."""
    return settings.per_epoch or len(train)


def epoch_samples(
    train: Indices, settings: DataSettings, seed: int, epoch: int, weights: Floats | None = None
) -> Indices:
    """The samples of an epoch, ordered, one that is drawn several times as often as that.

    Each is drawn as often as its weight [n] says in the mean, rounded down or up: without weights all are
    in it once before any is twice. It is systematic sampling (Madow 1949) of the samples in a random order.
    """
    number = epoch_size(train, settings)
    if weights is None and number == len(train):
        return train
    order = np.argsort(uniform(seed, epoch, PICK, train), kind="stable")
    reach = np.cumsum(np.ones(len(train)) if weights is None else weights[order])
    reach = reach / reach[-1] * number
    steps = np.floor(reach + uniform(seed, epoch, PICK, _START)).astype(np.int64)
    found: Indices = np.sort(np.repeat(train[order], np.diff(steps, prepend=0)))
    return found


def evaluated(indices: Indices, settings: DataSettings) -> Indices:
    """The samples of a split that it is measured on, ordered: the same each time."""
    if settings.eval_samples is None or settings.eval_samples >= len(indices):
        return indices
    drawn = np.argsort(uniform(0, 0, MEASURED, indices), kind="stable")
    found: Indices = np.sort(indices[drawn[: settings.eval_samples]])
    return found


def sampling_weights(source: DataSource, settings: DataSettings, train: Indices) -> Floats | None:
    """How often each training sample [n] is drawn, beside the others; None where all are equally often.

    Raises DataError where a weight is no such number, or a column cannot be balanced.
    """
    asked = getattr(source, "weights", None)
    weights: Floats | None = asked() if asked is not None else None
    if weights is not None:
        weights = weights[train].astype(np.float64)
        _refuse_unfit(weights, source, train)
    if settings.balance is None:
        return weights
    balance = _balance(source, settings.balance, train)
    return balance if weights is None else balance * weights


def _balance(source: DataSource, column: str, train: Indices) -> Floats:
    """One over how often each training sample's value is found among them."""
    places = places_of(source)
    if places.rows.shape[1] != 1:
        problem = f"`balance = {column!r}` needs samples of one region each, and these are windows"
        raise DataError(places.path, problem, "leave `balance` or `samples` out")
    known = places.column(column, "balance")[places.rows[train, 0]]
    values, number, times = np.unique(known, return_inverse=True, return_counts=True)
    if len(values) < 2 or len(values) > len(train) // 2:
        holds = f"{len(values):,} values in {len(train):,} training samples"
        problem = f"`balance = {column!r}` finds {holds}, which are no classes"
        raise DataError(places.path, problem, "name a column with few values, each several times")
    found: Floats = 1.0 / times[number]
    return found


def _refuse_unfit(weights: Floats, source: DataSource, train: Indices) -> None:
    wrong = np.flatnonzero(~(np.isfinite(weights) & (weights >= 0)))
    if wrong.size:
        places = places_of(source)
        region = places.named(int(places.rows[train[wrong[0]], 0]))
        problem = f"the weight of {region} is {weights[wrong[0]]:g} ({wrong.size:,} such samples)"
        raise DataError(places.path, problem, "give numbers that are not negative")
    if not weights.any():
        raise DataError(source.path, "all weights of training samples are 0", "give some of them more")
