"""What motifs alone explain: the figure that a network has to beat."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from getdsl.blocks.motif_scanner import MotifScanPool
from getdsl.data.embedded import resolve
from getdsl.data.errors import DataError
from getdsl.data.sequence_regions import SequenceRegions
from getdsl.data.splits import Split
from getdsl.formats.meme import MemeError, read_meme

Floats = np.ndarray[Any, np.dtype[np.float32]]

_PENALTIES = np.logspace(0, 5, 21)
_REGIONS_PER_CHUNK = 1024


def motif_ridge(source: SequenceRegions, split: Split, motifs_path: str | Path) -> Floats:
    """Predicted log2(1 + cut_sites) of the test samples, by ridge regression on the hits of known motifs.

    It is fitted on the training and validation samples together, as its penalty is found by
    cross-validation within them.
    """
    features = motif_hits(source, motifs_path)
    fitted_on = np.concatenate([split.train, split.validation])
    label = np.log2(1 + source.cut_sites(fitted_on).numpy())
    ridge = make_pipeline(StandardScaler(), RidgeCV(alphas=_PENALTIES))
    predicted: Floats = ridge.fit(features[fitted_on], label).predict(features[split.test]).astype(np.float32)
    return predicted


def motif_hits(source: SequenceRegions, motifs_path: str | Path) -> Floats:
    """[N, M]: the sum of ReLU(log-odds - half the motif's best score) over both strands of the region."""
    scanner = _scanner(motifs_path)
    region = int((source.table["end"] - source.table["start"]).max())
    margin = max(0, (source.length - region) // 2)
    hits = np.empty((len(source), scanner.num_motif), np.float32)
    for start in range(0, len(source), _REGIONS_PER_CHUNK):
        rows = np.arange(start, min(start + _REGIONS_PER_CHUNK, len(source)))
        x = source.codes(rows)[:, margin : source.length - margin]  # [B, L]
        hits[rows] = scanner(x, torch.full((len(rows), 1), x.shape[1]))[:, 0]
    return hits


def _scanner(motifs_path: str | Path) -> MotifScanPool:
    """Known motifs on both strands, just wide enough for them; the path may be an embedded one."""
    path = resolve(motifs_path)
    try:
        motifs = read_meme(path)
    except (MemeError, OSError) as error:
        problem = f"its motifs cannot be read ({error})"
        raise DataError(motifs_path, problem, "give a file in MEME format") from error
    widest = max(motif.width for motif in motifs)
    scanner = MotifScanPool(
        pool_method="sum",
        num_motif=len(motifs),
        kernel_size=widest,
        motifs=str(path),
        prior="log_odds",
        tie_strands=True,
    )
    return scanner.requires_grad_(False)
