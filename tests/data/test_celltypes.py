"""Cell types: a sample for each, read by what names them and shared by what does not."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas
import pytest

from getdsl.compiler.check import check
from getdsl.data.declared import DeclaredData
from getdsl.data.errors import DataError
from tests.data.made_regions import YEAST
from tests.data.small import REGIONS, declared, write_files

anndata = pytest.importorskip("anndata")
real = pytest.mark.skipif(not YEAST.exists(), reason="no yeast_formats in ../shared/data")

PEAKS = f"""
    regions   = Regions("{YEAST}/peaks.narrowPeak")
    celltypes = ["late", "early"]
    batch {{
        cuts   = Fragments("{YEAST}/fragments.tsv.gz", barcodes = "{YEAST}/barcodes.tsv")
        shared = Fragments("{YEAST}/fragments.tsv.gz")
        atlas  = AnnData("{YEAST}/peaks_by_celltype.h5ad", names = "{{celltype}}")
        both   = AnnData("{YEAST}/peaks_by_celltype.h5ad", names = ["late", "early"])
    }}
"""


@real
def test_real_cell_types_by_barcode_and_by_name(tmp_path: Path) -> None:
    data = declared(tmp_path, PEAKS)
    half = len(data) // 2
    batch = {key: value.numpy() for key, value in data.batch(np.arange(len(data))).items()}
    assert data.table["celltype"].tolist() == ["late"] * half + ["early"] * half
    assert batch["celltype"].tolist() == [0] * half + [1] * half
    on_all = np.isin(data.chromosomes, ["chrI", "chrIII", "chrVI", "chrXI"])  # of which there are fragments
    assert on_all.sum() == 2 * 183
    np.testing.assert_array_equal(batch["cuts"][on_all], batch["atlas"][on_all])
    assert (batch["cuts"][~on_all] == 0).all()
    late, early = np.split(batch["cuts"], 2)
    assert 0 < late.sum() < early.sum()
    np.testing.assert_array_equal(late + early, batch["shared"][:half])
    np.testing.assert_array_equal(batch["shared"][:half], batch["shared"][half:])
    np.testing.assert_array_equal(np.stack(np.split(batch["atlas"], 2), axis=1), batch["both"][:half])


@real
@pytest.mark.parametrize(
    ("reader", "problem"),
    [
        (
            f'Fragments("{YEAST}/fragments.tsv.gz", barcodes = "{YEAST}/barcodes.tsv")',
            r"barcodes.tsv: no barcode is of the cell type 'old' \(for `x`\); there are: early, late",
        ),
        (
            f'AnnData("{YEAST}/peaks_by_celltype.h5ad", names = "{{celltype}}")',
            r"h5ad: 'old' is not among its names of obs \(for `x`\); there are: early, late",
        ),
        ('Column("{celltype}_tpm")', r"narrowPeak: it has no column 'late_tpm'"),
        (f'Fragments("{YEAST}/{{celltype}}.bed")', r"late.bed: there is no such file"),
    ],
)
def test_a_cell_type_that_a_file_lacks(tmp_path: Path, reader: str, problem: str) -> None:
    text = (
        f'regions = Regions("{YEAST}/peaks.narrowPeak") celltypes = ["late", "old"] batch {{ x = {reader} }}'
    )
    with pytest.raises(DataError, match=problem):
        declared(tmp_path, text)


def test_windows_of_each_cell_type(tmp_path: Path) -> None:
    write_files(tmp_path)
    header = "chrom\tstart\tend\tname\tb\ta\n"
    rows = [
        f"{chrom}\t{start}\t{end}\t{name}\t{at}\t{-at}\n"
        for at, (chrom, start, end, name, *_) in enumerate(REGIONS)
    ]
    (tmp_path / "typed.tsv").write_text(header + "".join(rows))
    data = declared(
        tmp_path,
        'regions = Regions("typed.tsv") samples = Windows(size = 2) celltypes = ["a", "b"] '
        'batch { x = Column("{celltype}")  y = Column(["a", "b"]) }',
    )
    batch = data.batch(np.arange(len(data)))
    assert batch["x"].tolist() == [[0, -1], [-2, -3], [-4, -5], [0, 1], [2, 3], [4, 5]]
    assert batch["y"][3].tolist() == [[0, 0], [-1, 1]]
    assert batch["celltype"].tolist() == [0, 0, 0, 1, 1, 1]


class TestSizesThatAFileKnows:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        write_files(tmp_path)
        names = [f"{chrom}:{start}-{end}" for chrom, start, end, *_ in REGIONS]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            anndata.AnnData(
                np.ones((3, len(names)), np.float32),
                obs=pandas.DataFrame(index=["a", "b", "c"]),
                var=pandas.DataFrame(index=names),
            ).write_h5ad(tmp_path / "x.h5ad")
            anndata.AnnData(
                np.ones((2, len(names)), np.float32), var=pandas.DataFrame(index=names)
            ).write_h5ad(tmp_path / "z.h5ad")
        return tmp_path

    def opened(self, folder: Path, inputs: str, batch: str) -> DeclaredData:
        path = folder / "spec.get"
        path.write_text(
            f"model M {{ {inputs} output y = full([1], 1) }}\n"
            f'data {{ regions = Regions("regions.tsv") batch {{ {batch} }} }}\n'
        )
        spec = check(path).spec
        assert spec is not None
        assert spec.data is not None
        return DeclaredData(spec.data, spec.data_settings)

    def test_a_model_of_another_width(self, folder: Path) -> None:
        with pytest.raises(DataError, match=r"x.h5ad: `x` is \[B, 3\], and the spec takes it for \[B, 4\]"):
            self.opened(folder, "input x: [B, 4]", 'x = AnnData("x.h5ad")')

    def test_two_keys_of_one_size(self, folder: Path) -> None:
        batch = 'x = AnnData("x.h5ad")  z = Column(["score", "score"])'
        with pytest.raises(DataError, match=r"`x` is \[B, 3\], and the spec takes it for \[B, 2\]"):
            self.opened(folder, "input x: [B, N] input z: [B, N]", batch)

    def test_two_files_of_one_size(self, folder: Path) -> None:
        with pytest.raises(DataError, match=r"z.h5ad: `z` is \[B, 2\], and the spec takes it for \[B, 3\]"):
            self.opened(
                folder, "input x: [B, N] input z: [B, N]", 'x = AnnData("x.h5ad")  z = AnnData("z.h5ad")'
            )

    @pytest.mark.parametrize("inputs", ["input x: [B, 3]", "input x: [B, N]", ""])
    def test_one_that_fits(self, folder: Path, inputs: str) -> None:
        assert self.opened(folder, inputs, 'x = AnnData("x.h5ad")').batch(np.arange(2))["x"].shape == (2, 3)
