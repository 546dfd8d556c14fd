"""What contributions are measured against: shuffled sequences, or none at all."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from getdsl.data.data_source import Indices
from getdsl.runs.interpret.libraries import library
from getdsl.runs.interpret.request import Baseline

BASES = 4


def references(x: Tensor, samples: Indices, against: Baseline, number: int, seed: int) -> Tensor:
    """[B, K, C, P] for inputs [B, C, P]; K is 1 where nothing is drawn.

    `dinucleotide`: shuffles of each sequence that keep how often each base follows each other, drawn from the
    seed and the sample's number, whatever stands beside it in a batch. `uniform`: a quarter of each base;
    `zeros`: nothing.
    """
    if against == "zeros":
        return torch.zeros_like(x)[:, None]
    if against == "uniform":
        return torch.full_like(x, 1 / BASES)[:, None]
    shuffle = library("tangermeme.ersatz").dinucleotide_shuffle
    drawn = [
        shuffle(x.cpu(), n=1, random_state=_seeds(seed, samples, draw), allow_N=True)[:, 0]
        for draw in range(number)
    ]
    return torch.stack(drawn, dim=1).to(x.device)


def _seeds(seed: int, samples: Indices, draw: int) -> list[int]:
    """31 bits for each sample."""
    return [
        int(np.random.SeedSequence((seed, int(sample), draw)).generate_state(1)[0] >> 1) for sample in samples
    ]
