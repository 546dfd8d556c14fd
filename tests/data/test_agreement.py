"""The same cut sites, counted from every format that holds them: the numbers agree exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from getdsl.data.declared import DeclaredData
from tests.data.made_regions import YEAST
from tests.data.small import declared

BEDPE = YEAST.parent / "yeast/yeast_500k_SRR1822137.bedpe.gz"
WITH_FRAGMENTS = ("chrI", "chrIII", "chrVI", "chrXI")

pytestmark = pytest.mark.skipif(not YEAST.exists(), reason="no yeast_formats in ../shared/data")
anndata = pytest.importorskip("anndata")

CUTS = f'["{YEAST}/cuts.starts.bw", "{YEAST}/cuts.ends.bw"]'


@pytest.fixture(scope="module")
def peaks(tmp_path_factory: pytest.TempPathFactory) -> tuple[DeclaredData, dict[str, Any]]:
    """All peaks, and their cut sites from each file."""
    data = declared(
        tmp_path_factory.mktemp("peaks"),
        f"""
        genome  = "{YEAST.parent}/yeast/sacCer3_16chr.fa.gz"
        regions = Regions("{YEAST}/peaks.narrowPeak")
        batch {{
            bedpe     = Fragments("{BEDPE}")
            fragments = Fragments("{YEAST}/fragments.tsv.gz")
            cells     = Fragments("{YEAST}/fragments.tsv.gz", barcodes = "{YEAST}/barcodes.tsv")
            bigwig    = Signal({CUTS}, reduce = "sum")
            h5ad      = AnnData("{YEAST}/peaks_by_celltype.h5ad")
            bam       = Alignments("{YEAST}/chrVI.bam")
        }}
        """,
    )
    return data, {key: value.numpy() for key, value in data.batch(np.arange(len(data))).items()}


def on(data: DeclaredData, *chromosomes: str) -> Any:
    return np.isin(data.chromosomes, chromosomes)


def test_bedpe_bigwig_and_h5ad_on_all_chromosomes(peaks: tuple[DeclaredData, dict[str, Any]]) -> None:
    data, counts = peaks
    assert len(set(data.chromosomes.tolist())) == 16
    assert counts["bedpe"].sum() == 461_291
    np.testing.assert_array_equal(counts["bigwig"].sum(axis=1), counts["bedpe"])
    np.testing.assert_array_equal(counts["h5ad"].sum(axis=1), counts["bedpe"])


@pytest.mark.parametrize("key", ["fragments", "cells"])
def test_fragments_of_cells_on_theirs(peaks: tuple[DeclaredData, dict[str, Any]], key: str) -> None:
    data, counts = peaks
    here = on(data, *WITH_FRAGMENTS)
    assert here.sum() > 100
    np.testing.assert_array_equal(counts[key][here], counts["bedpe"][here])
    assert (counts[key][~here] == 0).all()


def test_alignments_on_theirs(peaks: tuple[DeclaredData, dict[str, Any]]) -> None:
    data, counts = peaks
    here = on(data, "chrVI")
    assert here.sum() > 20
    np.testing.assert_array_equal(counts["bam"][here], counts["bedpe"][here])


def test_a_count_of_the_text_itself(peaks: tuple[DeclaredData, dict[str, Any]]) -> None:
    """Beside what no reader of ours read: NumPy on the rows."""
    data, counts = peaks
    table = np.loadtxt(BEDPE, dtype=[("chrom", "U8"), ("start", "i8"), ("end", "i8")], delimiter="\t")
    rows = np.unique(table)
    for row in range(0, len(data), 97):
        here = rows[rows["chrom"] == data.table["chrom"][row]]
        start, end = data.table["start"][row], data.table["end"][row]
        sites = np.concatenate([here["start"], here["end"] - 1])
        assert counts["bedpe"][row] == ((start <= sites) & (sites < end)).sum()


def test_by_base_and_by_bin_around_the_summits(tmp_path: Path) -> None:
    data = declared(
        tmp_path,
        f"""
        genome  = "{YEAST.parent}/yeast/sacCer3_16chr.fa.gz"
        regions = Regions("{YEAST}/peaks.narrowPeak", around = "summit", width = 500)
        batch {{
            bases   = Fragments("{BEDPE}", length = 1000, jitter = 20)
            bins    = Fragments("{BEDPE}", length = 1000, bin = 50)
            wide    = Fragments("{BEDPE}", length = 1000, reduce = "sum")
            region  = Fragments("{BEDPE}")
            placed  = Fragments("{YEAST}/fragments.tsv.gz", length = 1000)
            bigwig  = Signal({CUTS}, length = 1000, jitter = 20)
            h5ad    = AnnData("{YEAST}/peaks_by_celltype.h5ad")
        }}
        """,
    )
    sample = np.arange(0, len(data), 3)
    batch = {key: value.numpy() for key, value in data.batch(sample).items()}
    np.testing.assert_array_equal(batch["bases"], batch["bigwig"].sum(axis=-1))
    np.testing.assert_array_equal(batch["bins"], batch["bases"].reshape(len(sample), 20, 50).sum(axis=-1))
    np.testing.assert_array_equal(batch["wide"], batch["bases"].sum(axis=-1))
    np.testing.assert_array_equal(batch["region"], batch["bases"][:, 250:750].sum(axis=-1))
    here = on(data, *WITH_FRAGMENTS)[sample]
    np.testing.assert_array_equal(batch["placed"][here], batch["bases"][here])
    given = zip(data.chromosomes, *(data.regions.columns[name] for name in ("start", "end")), strict=True)
    names = [f"{chrom}:{start}-{end}" for chrom, start, end in given]  # before they were resized
    theirs = anndata.read_h5ad(YEAST / "peaks_by_celltype.h5ad").to_df().T
    np.testing.assert_array_equal(batch["h5ad"], theirs.loc[names].to_numpy()[sample])
