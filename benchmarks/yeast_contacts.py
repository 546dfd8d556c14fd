"""How well contacts at 10 kb are predicted beyond what distance says, on the held-out chromosomes.

Each pair of stretches counts once, 10 to 300 kb apart, predictions averaged over the windows that hold it.
What distance alone predicts is the mean of the training chromosomes at each distance; observed over expected
is what is measured over that mean, and what is predicted over it. All on logarithms of balanced contacts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from getdsl.runs.opened.session import Session

Floats = np.ndarray[Any, np.dtype[np.float64]]
Figure = tuple[str, float, float | str]
STRETCH = 10_000  # bp


def contact_figures(folder: Path) -> list[Figure]:
    """Figures of a run of specs/yeast/contacts.get, with those of distance alone."""
    with Session.open(folder) as session:
        train, test = (_pairs(session, split) for split in ("train", "test"))
    farthest = int(train[:, 0].max())
    expected = np.array([train[train[:, 0] == apart, 1].mean() for apart in range(1, farthest + 1)])
    apart, measured, predicted = test[:, 0].astype(int), test[:, 1], test[:, 2]
    alone = expected[apart - 1]
    return [
        ("pairs_pearson", _pearson(predicted, measured), _pearson(alone, measured)),
        ("over_expected_pearson", _pearson(predicted - alone, measured - alone), ""),
    ]


def _pearson(one: Floats, other: Floats) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def _pairs(session: Session, split: str) -> Floats:
    """[n, 3]: stretches apart, ln(contacts), and what is predicted of it, of each pair that was measured."""
    compiled = session.compiled
    model = compiled.module.eval()
    found: dict[tuple[str, int, int], tuple[float, list[float]]] = {}
    for index in session.indices(split):
        batch = session.source.batch(np.array([index]))
        with torch.no_grad():
            predicted = model(**compiled.prepare(batch))["hic"][0].double().numpy()
        contacts = batch["contacts"][0].double().numpy()
        at = batch["peak_coord"][0, :, 0].numpy() // STRETCH
        chrom = str(session.source.chromosomes[index])
        for i, j in zip(*np.nonzero(np.triu(contacts > 0, 1)), strict=True):
            pair = found.setdefault((chrom, int(at[i]), int(at[j])), (float(contacts[i, j]), []))
            pair[1].append(float(predicted[i, j] + predicted[j, i]) / 2)
    rows = [(second - first, value, np.mean(some)) for (_, first, second), (value, some) in found.items()]
    return np.array(rows)
