"""GET's region models on yeast: the specs that ship, and expression where its table is at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from getdsl.api.compiling import compile, compile_text
from getdsl.compiler.lower.compiled import Compiled
from getdsl.data.baseline import ridge
from getdsl.data.declared import DeclaredData
from getdsl.data.draws import Draws
from tests.data.declarations import SHARED

Floats = np.ndarray[Any, Any]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Rows = np.ndarray[Any, np.dtype[np.int64]]
SPECS = Path(__file__).parents[2] / "specs" / "yeast"
TPM = SHARED / "data" / "yeast_expression" / "yeast_WT_expression.tsv"


@pytest.mark.parametrize(
    ("name", "chromosomes"),
    [
        ("region_finetune", ["chrI", "chrVI"]),
        ("region_finetune_exp_hic_axial", ["chrI", "chrVI"]),
        ("my_model", ["chrI"]),
        ("contacts", ["chrIX"]),
    ],
)
def test_a_spec_that_ships_learns(name: str, chromosomes: list[str]) -> None:
    """A few steps on small chromosomes, after which the loss there is lower."""
    compiled = compile(SPECS / f"{name}.get", seed=0)
    data = compiled.spec.data
    assert data is not None
    source = DeclaredData(data, compiled.spec.data_settings)
    some = np.flatnonzero(np.isin(source.chromosomes, chromosomes))[:8]
    batch = source.batch(some, Draws.of(0, 0, some))
    model = compiled.module.train()
    optimizer = torch.optim.AdamW(model.parameters(), 2e-3)
    losses = []
    for _ in range(25):
        loss = compiled.loss(model(**compiled.prepare(batch)), batch)["total"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert np.isfinite(losses).all()
    assert losses[-1] < 0.8 * losses[0]


EXPRESSION = f"""
use "{SPECS.parent}/get/region_finetune.get"

model YeastExpression extends RegionFinetune {{
    param num_motif:  int = 194
    param embed_dim:  int = 64
    param num_layers: int = 2
    param num_heads:  int = 4

    input region_motif: [B, R, num_motif] =
        concat([batch.motifs, unsqueeze((log2(1 + batch.cut_sites) - 3.3) / 1.9, 2)], dim = 2)

    encoder = tokens -> GETTransformer(embed_dim, num_heads, num_layers, drop_rate = 0.1)
}}

data {{
    genome  = "getdsl:yeast/sacCer3_16chr.fa.gz"
    regions = Tiles(width = 500)
    samples = Windows(size = 16, step = 4)
    batch {{
        motifs    = Motifs("getdsl:yeast/JASPAR2026_fungi.meme")
        cut_sites = Fragments("getdsl:yeast/yeast_500k_SRR1822137.bedpe.gz")
        exp_label = Expression("{TPM}", annotation = "getdsl:yeast/genes_tss.tsv",
                               column = "log2_tpm1", gene_column = "systematic")
    }}
    hold_out = {{ chromosomes = ["chrIV", "chrXI", "chrXIII"] }}
}}

loss {{ exp = MSE(exp, batch.exp_label) where batch.exp_label > 0 }}
"""


@pytest.mark.skipif(not TPM.exists(), reason="the expression table does not ship")
def test_expression_of_the_region_model_is_beyond_ridge_on_the_same_features() -> None:
    """Motifs and accessibility of 500-bp regions to the expression of genes that start in them."""
    compiled = compile_text(EXPRESSION, seed=0)
    data = compiled.spec.data
    assert data is not None
    source = DeclaredData(data, compiled.spec.data_settings)
    tested = np.isin(source.chromosomes, ["chrIV", "chrXI", "chrXIII"])
    features, label = _whole(compiled, source)
    predicted = _predicted(compiled.module, features, label, np.flatnonzero(~tested), np.flatnonzero(tested))

    def once(values: torch.Tensor, samples: Flags) -> Floats:
        """The regions of some samples, each once."""
        first = np.unique(source.rows[samples], return_index=True)[1]
        return values[samples].flatten(0, 1).numpy()[first]

    x, y, tested_x, truth = (once(v, m) for m in (~tested, tested) for v in (features, label))
    known = truth > 0
    linear = np.stack([ridge(x[y[:, k] > 0], y[y[:, k] > 0, k], tested_x) for k in (0, 1)], axis=1)
    # a region is in several samples: the mean of what is said of it
    rows, place = np.unique(source.rows[tested], return_inverse=True)
    sums = np.zeros((len(rows), 2))
    np.add.at(sums, place.ravel(), predicted.reshape(-1, 2))
    ours = sums / np.bincount(place.ravel())[:, None]
    assert known.sum() > 1500
    figures = [np.corrcoef(found[known], truth[known])[0, 1] for found in (ours, linear)]
    assert figures[0] > figures[1] + 0.03 > 0.36, figures


def _whole(compiled: Compiled, source: DeclaredData) -> tuple[torch.Tensor, torch.Tensor]:
    """Features and labels of all samples."""
    found = []
    for start in range(0, len(source), 256):
        batch = source.batch(np.arange(start, min(start + 256, len(source))))
        found.append((compiled.prepare(batch)["region_motif"], batch["exp_label"]))
    features, label = (torch.cat(parts) for parts in zip(*found, strict=True))
    return features, label


def _predicted(
    model: torch.nn.Module, features: torch.Tensor, label: torch.Tensor, rows: Rows, tested: Rows
) -> Floats:
    """What the model says of some samples after three epochs on others."""
    torch.manual_seed(0)
    epochs, size = 3, 32
    steps = epochs * -(-len(rows) // size)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3, weight_decay=0.3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, steps, pct_start=0.15)
    model.train()
    for epoch in range(epochs):
        order = np.random.default_rng(epoch).permutation(rows)
        for start in range(0, len(order), size):
            some = order[start : start + size]
            rest = model(region_motif=features[some])["exp"] - label[some]
            loss = rest[label[some] > 0].square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    model.eval()
    with torch.no_grad():
        found: Floats = model(region_motif=features[tested])["exp"].numpy()
    return found
