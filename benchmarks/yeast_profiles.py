"""How near the profiles and counts of bpnet come to the measured ones, beside baselines without a model.

The divergence is Jensen and Shannon's, in bits, between the ends of a region's fragments as measured and as
predicted, both tracks as one distribution; the mean over regions that have ends. The baseline of a profile is
the mean profile of the training regions, the same for all; that of counts a line through GC content, fitted
on the training regions.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from getdsl.runs.opened.session import Session

Floats = np.ndarray[Any, np.dtype[np.float64]]
AT_ONCE = 64
Figure = tuple[str, float, float | str]


def profile_figures(folder: Path) -> list[Figure]:
    """Figures of a run of specs/yeast/bpnet.get, each with its baseline's, on the test chromosomes."""
    with Session.open(folder) as session:
        train, test = (_measured(session, split) for split in ("train", "test"))
        predicted = _predicted(session)
    mean = np.mean([_shares(ends) for ends in train["ends"] if ends.sum()], axis=0)
    known = np.flatnonzero(test["ends"].sum(axis=1))
    measured = [_shares(test["ends"][row]) for row in known]
    model = np.mean([divergence(found, predicted[row]) for row, found in zip(known, measured, strict=True)])
    baseline = np.mean([divergence(found, mean) for found in measured])
    line = np.polyfit(train["gc"], train["counts"], 1)
    gc = float(np.corrcoef(np.polyval(line, test["gc"]), test["counts"])[0, 1])
    return [("profile_jsd", float(model), float(baseline)), ("counts_pearson_of_gc", gc, "")]


def divergence(one: Floats, other: Floats) -> float:
    """Of two distributions over the same positions, from 0 to 1."""
    middle = (one + other) / 2
    return float(_entropy(middle) - (_entropy(one) + _entropy(other)) / 2)


def _entropy(shares: Floats) -> float:
    some = shares[shares > 0]
    return float(-(some * np.log2(some)).sum())


def _shares(ends: Floats) -> Floats:
    found: Floats = ends / ends.sum()
    return found


def _batches(session: Session, split: str) -> Iterator[dict[str, Any]]:
    indices = session.indices(split)
    for start in range(0, len(indices), AT_ONCE):
        yield session.source.batch(indices[start : start + AT_ONCE])


def _measured(session: Session, split: str) -> dict[str, Floats]:
    """Ends [n, tracks * length], ln(1 + all of them), and GC content of the DNA that is read."""
    ends, gc = [], []
    for batch in _batches(session, split):
        ends.append(batch["ends"].transpose(1, 2).flatten(1).double().numpy())
        gc.append(batch["sequence"][..., 1:3].sum(dim=(1, 2)).double().numpy() / batch["sequence"].shape[1])
    found = np.concatenate(ends)
    return {"ends": found, "counts": np.log1p(found.sum(axis=1)), "gc": np.concatenate(gc)}


def _predicted(session: Session) -> Floats:
    """Shares [n, tracks * length] of the test regions, read along their own strand."""
    compiled = session.compiled
    model = compiled.module.eval()
    with torch.no_grad():
        found = [
            torch.softmax(model(**compiled.prepare(batch))["profile"].flatten(1).double(), dim=1).numpy()
            for batch in _batches(session, "test")
        ]
    return np.concatenate(found)
