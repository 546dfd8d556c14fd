"""What motifs alone explain: the figure that a network has to beat."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from getdsl.blocks.motif_scanner import MotifScanPool
from getdsl.data.declared import DeclaredData
from getdsl.data.errors import DataError
from getdsl.formats.meme import MemeError, read_meme

Floats = np.ndarray[Any, np.dtype[np.float32]]
Indices = np.ndarray[Any, np.dtype[np.int64]]

_PENALTIES = np.logspace(0, 5, 21)
_SAMPLES_AT_ONCE = 1024
_UNKNOWN = 4  # the code of a base that is not known


def ridge(features: Floats, label: Floats, tested: Floats) -> Floats:
    """What a ridge regression of `label` [N, …] on `features` [N, M] says of other features.

    Its penalty is found by cross-validation within what it is fitted on.
    """
    model = make_pipeline(StandardScaler(), RidgeCV(alphas=_PENALTIES))
    flat = label.reshape(len(label), -1)
    predicted: Floats = model.fit(features, flat).predict(tested)
    return predicted.reshape(len(tested), *label.shape[1:]).astype(np.float32)


def motif_hits(source: DeclaredData, key: str, indices: Indices, motifs_path: str | Path) -> Floats:
    """[n, M]: the sum of ReLU(log-odds - half the motif's best score) over both strands of each region.

    `key` is the batch key of the DNA; what it holds around the regions is left out. Of windows the regions
    stand one after the other, [n * R, M].
    """
    scanner = _scanner(motifs_path)
    widest = int((source.regions.end - source.regions.start).max())
    hits = []
    for start in range(0, len(indices), _SAMPLES_AT_ONCE):
        x = _codes(source.batch(indices[start : start + _SAMPLES_AT_ONCE])[key]).flatten(0, -2)  # [B, L]
        margin = max(0, (x.shape[1] - widest) // 2)
        x = x[:, margin : x.shape[1] - margin].contiguous()
        hits.append(scanner(x, torch.full((len(x), 1), x.shape[1]))[:, 0].numpy())
    return np.concatenate(hits)


def _codes(one_hot: Tensor) -> Tensor:
    """One-hot DNA [B, L, 4] as codes [B, L]."""
    known = one_hot.sum(dim=-1) > 0
    return torch.where(known, one_hot.argmax(dim=-1), _UNKNOWN).to(torch.uint8)


def _scanner(motifs_path: str | Path) -> MotifScanPool:
    """Known motifs on both strands, just wide enough for them."""
    try:
        motifs = read_meme(Path(motifs_path))
    except (MemeError, OSError) as error:
        problem = f"its motifs cannot be read ({error})"
        raise DataError(motifs_path, problem, "give a file in MEME format") from error
    widest = max(motif.width for motif in motifs)
    scanner = MotifScanPool(
        pool_method="sum",
        num_motif=len(motifs),
        kernel_size=widest,
        motifs=str(motifs_path),
        prior="log_odds",
        tie_strands=True,
    )
    return scanner.requires_grad_(False)
