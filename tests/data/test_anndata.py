"""`AnnData` beside what anndata itself reads, and what it says of files that cannot be used."""

from __future__ import annotations

import pickle
import sys
import tracemalloc
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from getdsl.data import anndata_matrix
from getdsl.data.errors import DataError
from getdsl.data.readers.anndata import AnnData
from tests.data.made_regions import YEAST, Region, context_of, places_of, read, table_of

anndata = pytest.importorskip("anndata")
pandas = pytest.importorskip("pandas")

REGIONS = [Region("chrI", 100 * at, 100 * at + 60) for at in range(80)] + [Region("chrII", 5, 9, "-", "mine")]
NAMES = ["early", "late", "other"]
KINDS: Mapping[str, Callable[[Any], Any]] = {
    "dense": np.asarray,
    "csr": scipy.sparse.csr_matrix,
    "csc": scipy.sparse.csc_matrix,
}


def names_of(regions: list[Region]) -> list[str]:
    return [f"{chrom}:{start}-{end}" for chrom, start, end, *_ in regions]


def write(
    path: Path,
    regions: list[str],
    *,
    axis: str = "var",
    kind: str = "dense",
    columns: Mapping[str, Any] | None = None,
    values: Any = None,
    others: list[str] | None = None,
) -> Any:
    """A file, and what is in it as [regions, others]."""
    others = others or NAMES
    if values is None:
        rng = np.random.default_rng(2)
        values = rng.poisson(1.0, (len(regions), len(others))).astype(np.float32)
    made = values.T if axis == "var" else values
    frames = {
        axis: pandas.DataFrame(columns or {}, index=regions),
        "obs" if axis == "var" else "var": pandas.DataFrame(index=others),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # names that are not unique, the version of zarr
        file = anndata.AnnData(KINDS[kind](made), **frames, layers={"double": KINDS[kind](2 * made)})
        file.write_zarr(path) if path.suffix == ".zarr" else file.write_h5ad(path)
    return values


@pytest.fixture
def shuffled() -> list[str]:
    """Names of all regions and of 40 others, in no order."""
    names = names_of(REGIONS) + [f"chrI:{at}-{at + 7}" for at in range(40)]
    return np.random.default_rng(1).permutation(names).tolist()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("axis", ["var", "obs"])
@pytest.mark.parametrize("suffix", ["h5ad", "zarr"])
class TestBesideAnndata:
    def test_values(self, tmp_path: Path, shuffled: list[str], kind: str, axis: Any, suffix: str) -> None:
        path = tmp_path / f"x.{suffix}"
        write(path, shuffled, axis=axis, kind=kind)
        theirs = (anndata.read_zarr if suffix == "zarr" else anndata.read_h5ad)(path)
        theirs = (theirs.T if axis == "var" else theirs)[names_of(REGIONS)]
        for layer in (None, "double"):
            for names in (NAMES, ["other", "early"], ["late", "late"], ["late"]):
                wanted = theirs.to_df(layer=layer)[names].to_numpy()
                taken = None if names == NAMES else names
                reader = AnnData(file=str(path), regions=axis, layer=layer, names=taken)
                found = read(reader, context_of(REGIONS))
                assert found.dtype == np.float32
                np.testing.assert_array_equal(found, wanted)
            reader = AnnData(file=str(path), regions=axis, layer=layer, names="late")
            np.testing.assert_array_equal(read(reader, context_of(REGIONS)), wanted[:, 0])

    def test_any_order_of_places(
        self, tmp_path: Path, shuffled: list[str], kind: str, axis: Any, suffix: str
    ) -> None:
        path, context = tmp_path / f"x.{suffix}", context_of(REGIONS)
        write(path, shuffled, axis=axis, kind=kind)
        reader = AnnData(file=str(path), regions=axis)
        whole = read(reader, context)
        rows = [80, 3, 3, 0, 79, 41, 40]
        np.testing.assert_array_equal(reader.read(places_of(context, rows=rows)), whole[rows])
        assert reader.read(places_of(context, rows=[])).shape == (0, 3)
        other = pickle.loads(pickle.dumps(reader))
        np.testing.assert_array_equal(other.read(places_of(context)), whole)

    def test_a_name_of_each_cell_type(
        self, tmp_path: Path, shuffled: list[str], kind: str, axis: Any, suffix: str
    ) -> None:
        path = tmp_path / f"x.{suffix}"
        values = write(path, shuffled, axis=axis, kind=kind)
        context = context_of(REGIONS, ["late", "early"])
        reader = AnnData(file=str(path), regions=axis, names="{celltype}")
        rows = [shuffled.index(name) for name in names_of(REGIONS)]
        for celltype in context.celltypes:
            np.testing.assert_array_equal(
                read(reader, context, celltype), values[rows, NAMES.index(celltype)]
            )
        assert reader.per_celltype


class TestMatching:
    def test_by_name(self, tmp_path: Path) -> None:
        regions = [Region("chrI", 5, 9, name="b"), Region("chrI", 7, 20, name="a")]
        values = write(tmp_path / "x.h5ad", ["c", "a", "b"])
        np.testing.assert_array_equal(
            read(AnnData(file=str(tmp_path / "x.h5ad")), context_of(regions)), values[[2, 1]]
        )

    @pytest.mark.parametrize("between", ["{}:{}-{}", "{}-{}-{}", "{}_{}_{}", "{}:{}_{}"])
    def test_by_coordinates(self, tmp_path: Path, between: str) -> None:
        regions = [Region("chr_2-x", 5, 9, name="b"), Region("chrI", 7, 20, name="a")]
        values = write(tmp_path / "x.h5ad", [between.format(*region[:3]) for region in regions[::-1]])
        np.testing.assert_array_equal(
            read(AnnData(file=str(tmp_path / "x.h5ad")), context_of(regions)), values[::-1]
        )

    @pytest.mark.parametrize("names", [("chrom", "start", "end"), ("Chromosome", "Start", "End")])
    def test_by_columns(self, tmp_path: Path, names: tuple[str, ...]) -> None:
        chosen = [REGIONS[7], REGIONS[3], REGIONS[80]]
        columns = dict(zip(names, zip(*(region[:3] for region in chosen), strict=True), strict=True))
        values = write(tmp_path / "x.h5ad", ["0", "1", "2"], columns=columns)
        found = read(AnnData(file=str(tmp_path / "x.h5ad")), context_of([REGIONS[80], REGIONS[7]]))
        np.testing.assert_array_equal(found, values[[2, 0]])

    def test_numbers_of_rows_are_no_names(self, tmp_path: Path) -> None:
        write(tmp_path / "x.h5ad", ["0", "1", "2"])
        with pytest.raises(DataError, match=r"none of its names of var, such as 0, is a region's"):
            AnnData(file=str(tmp_path / "x.h5ad")).open(context_of([Region("chrI", 1, 2, name="1")]))

    def test_by_the_coordinates_before_a_region_was_resized(self, tmp_path: Path) -> None:
        values = write(tmp_path / "x.h5ad", names_of(REGIONS))
        resized = [Region(region.chrom, region.start + 5, region.start + 7, name="") for region in REGIONS]
        columns = {"start": [region.start for region in REGIONS], "end": [region.end for region in REGIONS]}
        context = context_of(table_of(resized, columns))
        np.testing.assert_array_equal(read(AnnData(file=str(tmp_path / "x.h5ad")), context), values)

    def test_regions_that_lie_alike_share_a_row(self, tmp_path: Path) -> None:
        values = write(tmp_path / "x.h5ad", names_of(REGIONS[:2]))
        regions = [
            REGIONS[0]._replace(name="a"),
            REGIONS[0]._replace(name="b"),
            REGIONS[1]._replace(name="c"),
        ]
        np.testing.assert_array_equal(
            read(AnnData(file=str(tmp_path / "x.h5ad")), context_of(regions)), values[[0, 0, 1]]
        )

    def test_renamed_chromosomes(self, tmp_path: Path) -> None:
        values = write(tmp_path / "x.h5ad", ["1:0-60", "1:100-160"])
        context = context_of(REGIONS[:2], renamed={"1": "chrI"})
        np.testing.assert_array_equal(read(AnnData(file=str(tmp_path / "x.h5ad")), context), values)

    def test_missing_regions_take_a_value(self, tmp_path: Path) -> None:
        values = write(tmp_path / "x.h5ad", names_of(REGIONS[1:]))
        found = read(AnnData(file=str(tmp_path / "x.h5ad"), missing=-1.0), context_of(REGIONS))
        np.testing.assert_array_equal(found[1:], values)
        assert found[0].tolist() == [-1, -1, -1]


class TestRefused:
    @pytest.mark.parametrize(
        ("regions", "problem"),
        [
            (
                names_of(REGIONS[2:-1]),
                r"no row of 3 of the 81 regions, the first of which is chrI:0-60 on line 1 of regions.bed; .*"
                "`missing = 0.0`",
            ),
            (
                names_of([*REGIONS, REGIONS[3]]),
                "chrI:300-360 is twice among its names of var, as number 4 and 82",
            ),
            (
                ["GATA1", "MYC"],
                "none of its names of var, such as GATA1, is a region's: neither its name, such as "
                "chrI:0-60, nor its coordinates; name its rows",
            ),
            (
                ["chr1:0-60", "chr2:0-60"],
                r"none of the regions' chromosomes, such as chrI; write `rename_chromosomes = ",
            ),
            (
                ["chrI:1-60", "chrI:101-160"],
                "its coordinates count from 1: chrI:1-60 is chrI:0-60, counted from 0",
            ),
            (["chrI:3-60"], "such as chrI:3-60, has the coordinates of a region, such as chrI:0-60"),
        ],
    )
    def test_names(self, tmp_path: Path, regions: list[str], problem: str) -> None:
        write(tmp_path / "x.h5ad", regions)
        with pytest.raises(DataError, match=problem):
            AnnData(file=str(tmp_path / "x.h5ad")).open(context_of(REGIONS))

    @pytest.mark.parametrize(
        ("params", "problem"),
        [
            ({"names": "lat"}, r"'lat' is not among its names of obs; did you mean late\? there are: early"),
            (
                {"names": ["{celltype}"]},
                r"'never' is not among its names of obs; there are: early, late, other",
            ),
            ({"layer": "doubel"}, r"it has no layer 'doubel'; did you mean double\?"),
            ({"width": 4}, r"it has 3 names of obs, and `width` says 4; write `width = 3`"),
            ({"regions": "obs"}, r"none of its names of obs, such as early, is a region's"),
        ],
    )
    def test_params(self, tmp_path: Path, params: Any, problem: str) -> None:
        write(tmp_path / "x.h5ad", names_of(REGIONS))
        with pytest.raises(DataError, match=problem):
            AnnData(file=str(tmp_path / "x.h5ad"), **params).open(context_of(REGIONS, ["early", "never"]))

    def test_a_name_that_is_there_twice(self, tmp_path: Path) -> None:
        write(tmp_path / "x.h5ad", names_of(REGIONS), others=["a", "a", "b"])
        with pytest.raises(DataError, match="'a' is twice among its names of obs"):
            AnnData(file=str(tmp_path / "x.h5ad"), names="a").open(context_of(REGIONS))

    def test_files_of_two_widths(self, tmp_path: Path) -> None:
        write(tmp_path / "early.h5ad", names_of(REGIONS))
        write(tmp_path / "late.h5ad", names_of(REGIONS), others=["a", "b"])
        reader = AnnData(file=str(tmp_path / "{celltype}.h5ad"))
        with pytest.raises(DataError, match=r"late.h5ad: it has 2 names, and early.h5ad has 3"):
            reader.open(context_of(REGIONS, ["early", "late"]))

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    @pytest.mark.parametrize("names", [None, ["other", "late"]])
    def test_no_number(self, tmp_path: Path, value: float, names: Any) -> None:
        values = np.ones((len(REGIONS), 3), np.float32)
        values[7, 1] = value
        write(tmp_path / "x.h5ad", names_of(REGIONS), values=values)
        with pytest.raises(DataError, match=f"late at chrI:700-760 is {value}; give each region a number"):
            read(AnnData(file=str(tmp_path / "x.h5ad"), names=names), context_of(REGIONS))

    @pytest.mark.parametrize("kept", [0, 5, 1000, 0.5, 0.95])
    def test_a_file_that_was_cut_off(self, tmp_path: Path, kept: float) -> None:
        path = tmp_path / "x.h5ad"
        write(path, names_of(REGIONS))
        content = path.read_bytes()
        path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
        with pytest.raises(DataError, match=r"it is no AnnData file that can be read \(.*; give a file that"):
            AnnData(file=str(path)).open(context_of(REGIONS))

    def test_a_zarr_of_something_else(self, tmp_path: Path) -> None:
        import zarr

        zarr.create_group(str(tmp_path / "x.zarr"))
        with pytest.raises(DataError, match=r"no AnnData file that can be read \(it has no obs and var\)"):
            AnnData(file=str(tmp_path / "x.zarr")).open(context_of(REGIONS))

    @pytest.mark.parametrize("name", ["x.h5ad", "x.zarr"])
    def test_none_there(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(DataError, match="there is no such file"):
            AnnData(file=str(tmp_path / name)).open(context_of(REGIONS))

    def test_no_matrix(self, tmp_path: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            anndata.AnnData(
                obs=pandas.DataFrame(index=NAMES), var=pandas.DataFrame(index=names_of(REGIONS))
            ).write_h5ad(tmp_path / "x.h5ad")
        with pytest.raises(DataError, match=r"its X cannot be read \(there is none\)"):
            AnnData(file=str(tmp_path / "x.h5ad")).open(context_of(REGIONS))

    def test_a_large_sparse_matrix_along_the_other_axis(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(anndata_matrix, "MOST_HELD", 10)
        write(tmp_path / "x.h5ad", names_of(REGIONS), kind="csr")
        with pytest.raises(DataError, match=r"too large to be turned: write .*`adata.X = adata.X.tocsc\(\)`"):
            AnnData(file=str(tmp_path / "x.h5ad")).open(context_of(REGIONS))

    def test_the_library_is_not_installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path / "x.h5ad", names_of(REGIONS))
        monkeypatch.setitem(sys.modules, "anndata", None)
        with pytest.raises(
            DataError, match=r"needs anndata, which is not installed; run `pip install 'getdsl\[anndata\]'`"
        ):
            AnnData(file=str(tmp_path / "x.h5ad")).open(context_of(REGIONS))


@pytest.mark.parametrize("kind", ["dense", "csc"])
def test_values_are_not_held(tmp_path: Path, kind: str) -> None:
    regions = [Region("chrI", 10 * at, 10 * at + 5) for at in range(1000)]
    values = np.random.default_rng(0).normal(size=(1000, 3000)).astype(np.float32)  # 12 MB
    write(
        tmp_path / "x.h5ad",
        names_of(regions),
        kind=kind,
        values=values,
        others=[f"c{at}" for at in range(3000)],
    )
    reader, context = AnnData(file=str(tmp_path / "x.h5ad")), context_of(regions)
    reader.open(context)
    tracemalloc.start()
    np.testing.assert_array_equal(reader.read(places_of(context, rows=[4, 900])), values[[4, 900]])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 << 20


@pytest.mark.skipif(not YEAST.exists(), reason="no yeast_formats in ../shared/data")
def test_a_real_file() -> None:
    path = YEAST / "peaks_by_celltype.h5ad"
    theirs = anndata.read_h5ad(path)
    columns = theirs.var[["chr", "start", "end"]].itertuples(index=False)
    regions = [Region(chrom, start, end) for chrom, start, end in columns]
    np.testing.assert_array_equal(read(AnnData(file=str(path)), context_of(regions)), theirs.X.T)
