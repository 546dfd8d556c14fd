"""The reader `Signal`, beside pyBigWig and slow loops over the text that files were made of."""

from __future__ import annotations

import gzip
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from getdsl.data import derived
from getdsl.data.errors import DataError
from getdsl.data.genome import Genome
from getdsl.data.readers.signal import Signal
from getdsl.formats.bigwig import write_bigwig
from tests.data.reading import Place, context_of, places_of, read

FORMATS = Path(__file__).parents[3] / "shared" / "data" / "yeast_formats"
LENGTHS = {"chrI": 120, "chrII": 60}
INTERVALS = {  # of two files, in what order the chromosomes come in no genome
    "plus": [("chrII", 0, 5, 1.5), ("chrII", 30, 31, 2.0), ("chrI", 3, 40, 0.25), ("chrI", 100, 120, 7.0)],
    "minus": [("chrI", 0, 90, -1.0), ("chrII", 10, 60, 3.0)],
}
PLACES: list[Place] = [
    ("chrI", 20, 40, 1),
    ("chrI", 20, 40, -1),
    ("chrI", 101, 120, -1),
    ("chrI", 0, 7, 0),
    ("chrII", 25, 60, 1),
]
NAMES = tuple(LENGTHS)


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "cache_folder", lambda: tmp_path / "cache")


@pytest.fixture
def genome(tmp_path: Path) -> Genome:
    path = tmp_path / "genome.fa"
    path.write_text("".join(f">{name}\n{'A' * length}\n" for name, length in LENGTHS.items()))
    return Genome(path)


def bigwig(folder: Path, name: str) -> str:
    path = folder / f"{name}.bw"
    write_bigwig(
        path, {"chrII": 60, "chrI": 120}, sorted(INTERVALS[name], key=lambda item: item[0] == "chrI")
    )
    return str(path)


def bedgraph(folder: Path, name: str) -> str:
    path = folder / f"{name}.bedGraph"
    lines = ["track type=bedGraph", "# by hand", *("\t".join(map(str, item)) for item in INTERVALS[name])]
    path.write_text("\n".join(lines))
    return str(path)


def zipped(folder: Path, name: str) -> str:
    path = Path(bedgraph(folder, name))
    packed = folder / f"{name}.bg.gz"
    packed.write_bytes(gzip.compress(path.read_bytes().replace(b"\n", b"\r\n")))
    return str(packed)


def value(name: str, chrom: str, at: int, missing: float = 0.0) -> float:
    """The value of one base."""
    found = [v for c, start, end, v in INTERVALS[name] if c == chrom and start <= at < end]
    return found[0] if found else missing


def by_base(names: list[str], place: Place, length: int, shift: int = 0, swap: bool = False) -> Any:
    """[length, T], base by base: around the centre, read along the strand."""
    chrom, start, end, strand = place
    first = (start + end) // 2 - length // 2
    order = range(first, first + length)
    if strand < 0:
        order = order[::-1]
        names = names[::-1] if swap else names
    margin = [order[0] - order[1 if length > 1 else 0]] if length > 1 else [-1]
    at = [position - shift * margin[0] for position in order]
    return np.array([[value(name, chrom, position) for name in names] for position in at], np.float32)


@pytest.mark.parametrize("make", [bigwig, bedgraph, zipped])
@pytest.mark.parametrize("length", [1, 10, 11, 90])
def test_bases_are_those_of_the_file(
    make: Callable[[Path, str], str], length: int, tmp_path: Path, genome: Genome
) -> None:
    context = context_of(PLACES, NAMES, genome)
    files = [make(tmp_path, name) for name in INTERVALS]
    found = read(Signal(files=files, length=length), context)
    wanted = np.stack([by_base(list(INTERVALS), place, length) for place in PLACES])
    assert found.dtype == torch.float32
    np.testing.assert_array_equal(found, wanted)
    alone = read(Signal(files=files[0], length=length), context)
    np.testing.assert_array_equal(alone, wanted[..., 0])


def test_the_strands_change_places(tmp_path: Path, genome: Genome) -> None:
    context = context_of(PLACES, NAMES, genome)
    reader = Signal(files=[bigwig(tmp_path, name) for name in INTERVALS], length=12, swap=True)
    found = read(reader, context)
    np.testing.assert_array_equal(
        found, np.stack([by_base(list(INTERVALS), p, 12, swap=True) for p in PLACES])
    )
    other = [(chrom, start, end, -1 if strand > -1 else 1) for chrom, start, end, strand in PLACES]
    even = [place for place in range(len(PLACES)) if (PLACES[place][1] + PLACES[place][2]) % 2 == 0]
    turned = read(reader, context_of(other, NAMES, genome))
    assert torch.equal(reader.reverse_complement(found)[even], turned[even])


@pytest.mark.parametrize("shift", [-3, 0, 2])
@pytest.mark.parametrize("reduce", [None, "sum", "max"])
def test_a_shift_moves_along_the_strand(shift: int, reduce: Any, tmp_path: Path, genome: Genome) -> None:
    context = context_of(PLACES, NAMES, genome)
    files = [bigwig(tmp_path, name) for name in INTERVALS]
    reader = Signal(files=files, length=12, jitter=3, reduce=reduce)
    found = read(reader, context, shifts=np.full(len(PLACES), shift))
    wanted = np.stack([by_base(list(INTERVALS), place, 12, shift=shift) for place in PLACES])
    if reduce:
        wanted = getattr(np, reduce)(wanted, axis=1)
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


@pytest.mark.parametrize("reduce", ["sum", "mean", "max"])
def test_bins_and_whole_regions_are_reduced(reduce: Any, tmp_path: Path, genome: Genome) -> None:
    context = context_of(PLACES, NAMES, genome)
    files = [bigwig(tmp_path, name) for name in INTERVALS]
    function = getattr(np, reduce)
    bases = np.stack([by_base(list(INTERVALS), place, 12) for place in PLACES]).astype(np.float64)
    bins = read(Signal(files=files, length=12, bin=4, reduce=reduce), context)
    np.testing.assert_allclose(bins, function(bases.reshape(-1, 3, 4, 2), axis=2), rtol=1e-6)
    around = read(Signal(files=files, length=12, reduce=reduce), context)
    np.testing.assert_allclose(around, function(bases, axis=1), rtol=1e-6)
    whole = read(Signal(files=files, reduce=reduce), context)
    wanted = [
        [function([value(name, chrom, at) for at in range(start, end)]) for name in INTERVALS]
        for chrom, start, end, _ in PLACES
    ]
    np.testing.assert_allclose(whole, wanted, rtol=1e-6)
    turned = read(Signal(files=files, reduce=reduce, swap=True), context)
    for row, (*_, strand) in enumerate(PLACES):
        assert torch.equal(turned[row], whole[row].flip(0) if strand < 0 else whole[row])
    single = read(Signal(files=files[0], reduce=reduce), context)
    assert torch.equal(single, whole[:, 0])


def test_a_long_region_is_reduced_a_stretch_at_a_time(
    tmp_path: Path, genome: Genome, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = context_of([("chrI", 0, 120, 1)], NAMES, genome)
    for reduce in ("sum", "mean", "max"):
        reader: Any = Signal(files=bigwig(tmp_path, "plus"), reduce=reduce)
        whole = read(reader, context)
        monkeypatch.setattr("getdsl.data.readers.signal._AT_ONCE", 7)
        assert torch.equal(read(reader, context), whole)
        monkeypatch.undo()
        monkeypatch.setattr(derived, "cache_folder", lambda: tmp_path / "cache")


def test_what_is_missing_is_said_by_missing(tmp_path: Path, genome: Genome) -> None:
    file = bigwig(tmp_path, "plus")
    context = context_of([("chrI", 36, 44, 1), ("chrI", 36, 44, -1)], NAMES, genome)
    assert read(Signal(files=file, length=8), context)[0].tolist() == [0.25] * 4 + [0] * 4
    assert read(Signal(files=file, length=8, missing=-1), context)[1].tolist() == [-1] * 4 + [0.25] * 4
    unknown = read(Signal(files=file, length=8, missing="nan"), context)
    assert torch.isnan(unknown).tolist() == [[False] * 4 + [True] * 4, [True] * 4 + [False] * 4]
    for params in ({"length": 8}, {"reduce": "sum"}):
        with pytest.raises(DataError, match=r"plus\.bw: it has no value at chrI:40; say what it is"):
            read(Signal(files=file, missing=None, **params), context)  # type: ignore[arg-type]


def test_beyond_a_chromosome_nothing_is_there(tmp_path: Path, genome: Genome) -> None:
    context = context_of([("chrI", 116, 120, 1), ("chrI", 0, 2, 1)], NAMES, genome)
    found = read(Signal(files=bigwig(tmp_path, "plus"), length=8, missing=-5), context)
    assert found[0].tolist() == [7] * 6 + [-5] * 2
    assert found[1].tolist() == [-5] * 6 + [0.25] * 2


def test_log1p_is_taken_of_what_the_batch_holds(tmp_path: Path, genome: Genome) -> None:
    context = context_of(PLACES, NAMES, genome)
    plain = Signal(files=bigwig(tmp_path, "plus"), reduce="sum")
    logs = Signal(files=bigwig(tmp_path, "plus"), reduce="sum", transform="log1p")
    np.testing.assert_allclose(read(logs, context), np.log1p(read(plain, context).numpy()), rtol=1e-6)
    with pytest.raises(DataError, match=r"minus\.bw: it has values as low as -.*, which have no logarithm"):
        read(Signal(files=bigwig(tmp_path, "minus"), reduce="sum", transform="log1p"), context)


def test_each_cell_type_has_its_files(tmp_path: Path, genome: Genome) -> None:
    for name in INTERVALS:
        bigwig(tmp_path, name)
    context = context_of(PLACES, NAMES, genome, celltypes=("minus", "plus"))
    reader = Signal(files=str(tmp_path / "{celltype}.bw"), reduce="sum")
    mixed = read(reader, context, celltype=[0, 1, 0, 1, 0])
    alone = {name: read(Signal(files=bigwig(tmp_path, name), reduce="sum"), context) for name in INTERVALS}
    assert mixed.tolist() == [alone["plus" if at % 2 else "minus"][at].item() for at in range(5)]
    assert reader.per_celltype
    assert [path.name for path in reader.files()] == ["minus.bw", "plus.bw"]
    with pytest.raises(DataError, match=r"`data` has no cell types; write `celltypes ="):
        Signal(files="{celltype}.bw", reduce="sum").open(context_of(PLACES, NAMES, genome))


def test_reading_does_not_depend_on_company(tmp_path: Path, genome: Genome) -> None:
    context = context_of(PLACES, NAMES, genome)
    files = [bigwig(tmp_path, name) for name in INTERVALS]
    for reader in (
        Signal(files=files, length=30, swap=True),
        Signal(files=files, reduce="mean"),
        Signal(files=files, length=30, bin=3, reduce="sum", jitter=2),
    ):
        reader.open(context)
        places = places_of(context)
        whole = reader.read(places)
        for row in range(len(places)):
            single = places_of(context_of([PLACES[row]], NAMES, genome))
            np.testing.assert_array_equal(reader.read(single), whole[row : row + 1])
            assert torch.equal(
                reader.tensor(whole[row : row + 1], np.zeros(1, np.int64)),
                reader.tensor(whole, np.zeros(len(places), np.int64))[row : row + 1],
            )
        none = np.empty((0, *whole.shape[1:]), np.float32)
        assert reader.tensor(none, np.zeros(0, np.int64)).shape[0] == 0


# ---- files that cannot be used


def test_a_file_of_another_assembly_is_refused(tmp_path: Path, genome: Genome) -> None:
    write_bigwig(tmp_path / "x.bw", {"chrI": 121}, [("chrI", 0, 5, 1.0)])
    with pytest.raises(
        DataError, match="chrI has 121 bp in it, and has 120 in the genome; give files of one"
    ):
        read(Signal(files=str(tmp_path / "x.bw"), length=5), context_of(PLACES, NAMES, genome))
    (tmp_path / "x.bg").write_text("chrI\t0\t121\t1\n")
    with pytest.raises(DataError, match="chrI reaches over 121 bp in it, and has 120 in the genome"):
        read(Signal(files=str(tmp_path / "x.bg"), length=5), context_of(PLACES, NAMES, genome))


def test_other_names_of_chromosomes_are_mended_by_what_is_said(tmp_path: Path, genome: Genome) -> None:
    write_bigwig(tmp_path / "x.bw", {"1": 120, "2": 60}, [("1", 0, 120, 1.0), ("2", 0, 60, 2.0)])
    reader = Signal(files=str(tmp_path / "x.bw"), reduce="max")
    with pytest.raises(DataError) as caught:
        read(reader, context_of(PLACES, NAMES, genome))
    assert caught.value.problem == "it has none of the regions' chromosomes, such as chrI"
    assert caught.value.fix == 'write `rename_chromosomes = { "1" = "chrI", "2" = "chrII" }` in `data`'
    renamed = {"1": "chrI", "2": "chrII"}
    assert read(reader, context_of(PLACES, NAMES, genome, renamed=renamed)).tolist() == [1, 1, 1, 1, 2]


@pytest.mark.parametrize("size", [0, 3, 40, 200, 0.3, 0.6, 0.999, -1])
def test_a_bigwig_that_is_cut_off_is_refused(size: float, tmp_path: Path, genome: Genome) -> None:
    path = tmp_path / "x.bw"
    write_bigwig(path, LENGTHS, (("chrI", at, at + 1, float(at)) for at in range(100)))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(size if size < 0 or size >= 1 or size == 0 else size * len(whole))])
    with pytest.raises(DataError, match=r"it is no bigWig|it is cut off|it holds no values|it is not"):
        read(Signal(files=str(path), length=5), context_of(PLACES, NAMES, genome))


BEDGRAPHS = {
    "": "it holds no values; give a bigWig or bedGraph",
    "chrI 0 5 1": "line 1: its columns are parted by spaces; put tabs between them",
    "chrI\t0\t5\n": "line 1: it has 3 columns, and bedGraph has 4",
    "chrI\t0\t5\t1\nchrI\t5\t6\tx\n": "line 2: the value must be a number, found 'x'",
    "chrI\t0\t5\t1\nchrI\t4\t6\t1\n": "line 2: it starts at 4, and the interval before it ends at 5; sort it",
    "chrI\t8\t9\t1\nchrI\t4\t6\t1\n": "line 2: it starts at 4, and the interval before it ends at 9; sort it",
    "chrI\t8\t9\t1\nchrII\t4\t6\t1\nchrI\t9\t10\t1\n": "line 3: chrI goes on after another chromosome; sort",
    "chrI\t8\t8\t1\n": "line 1: start must lie below end, found 8 and 8",
    "chrI\t-1\t8\t1\n": "line 1: it starts at -1, before its chromosome",
    "chrI\t1.5\t8\t1\n": "line 1: start must be a whole number, found '1.5'",
    "fixedStep chrom=chrI start=1 step=1\n5\n": "line 1: it is a wiggle file, with steps; give a bedGraph",
}


@pytest.mark.parametrize("block", [1, 1 << 22])
@pytest.mark.parametrize("content", BEDGRAPHS)
def test_a_bedgraph_that_is_wrong_is_refused(
    content: str, block: int, tmp_path: Path, genome: Genome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getdsl.formats.text.BLOCK", block)
    (tmp_path / "x.bg").write_text(content)
    with pytest.raises(DataError, match=BEDGRAPHS[content]):
        read(Signal(files=str(tmp_path / "x.bg"), length=5), context_of(PLACES, NAMES, genome))
    assert not list((tmp_path / "cache").rglob("*.bw"))


def test_other_files_are_refused_by_name(tmp_path: Path, genome: Genome) -> None:
    contents = {
        b"\xeb\xf2\x89\x87" + bytes(100): "it is a bigBed file, which holds regions; give a bigWig",
        b"PK\x03\x04" + bytes(100): "it is not a text file",
    }
    for content, said in contents.items():
        (tmp_path / "x").write_bytes(content)
        with pytest.raises(DataError, match=said):
            read(Signal(files=str(tmp_path / "x"), length=5), context_of(PLACES, NAMES, genome))
    with pytest.raises(DataError, match=r"no\.bw: there is no such file; give a bigWig or bedGraph"):
        read(Signal(files=str(tmp_path / "no.bw"), length=5), context_of(PLACES, NAMES, genome))


@pytest.mark.parametrize("name", ["x.bigwig", "x.BW", "x", "x.bw", "x.bigWig"])
def test_a_bigwig_may_be_called_anything(name: str, tmp_path: Path, genome: Genome) -> None:
    content = Path(bigwig(tmp_path, "plus")).read_bytes()
    (tmp_path / name).write_bytes(content)
    context = context_of(PLACES, NAMES, genome)
    found = read(Signal(files=str(tmp_path / name), length=9), context)
    np.testing.assert_array_equal(found, np.stack([by_base(["plus"], place, 9)[:, 0] for place in PLACES]))


def test_a_bedgraph_is_converted_once(
    tmp_path: Path, genome: Genome, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = context_of(PLACES, NAMES, genome)
    file = bedgraph(tmp_path, "plus")
    before = read(Signal(files=file, reduce="sum"), context)
    monkeypatch.setattr("getdsl.data.signal_files.read_bedgraph", lambda _: pytest.fail("read again"))
    assert torch.equal(read(Signal(files=file, reduce="sum"), context), before)


@pytest.mark.skipif(not FORMATS.exists(), reason="needs ../shared/data")
def test_cut_sites_of_yeast_are_those_of_pybigwig() -> None:
    pybigwig = pytest.importorskip("pyBigWig")
    files = [str(FORMATS / f"cuts.{name}.bw") for name in ("starts", "ends")]
    peers = [pybigwig.open(file) for file in files]
    lengths = peers[0].chroms()
    draw = np.random.default_rng(0)
    places: list[Place] = []
    for chrom, length in lengths.items():
        for start in draw.integers(0, length - 1000, 5).tolist():
            places.append((chrom, start, start + 1000, int(draw.choice([-1, 1]))))
    context = context_of(places, tuple(lengths))
    found = read(Signal(files=files, length=1000, swap=True), context)
    sums = read(Signal(files=files, reduce="sum"), context)
    total = 0.0
    for row, (chrom, start, end, strand) in enumerate(places):
        values = np.stack([np.nan_to_num(peer.values(chrom, start, end, numpy=True)) for peer in peers], -1)
        np.testing.assert_array_equal(found[row], values if strand > 0 else values[::-1, ::-1])
        np.testing.assert_array_equal(sums[row], values.sum(axis=0))
        total += values.sum()
    assert total > 1000


@pytest.mark.parametrize("kept", [0, 0.5, 0.9])
def test_a_conversion_that_is_not_whole_is_not_kept(
    kept: float, tmp_path: Path, genome: Genome, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = context_of(PLACES, NAMES, genome)
    file = bedgraph(tmp_path, "plus")

    def cut(path: Path, *rest: Any) -> None:
        write_bigwig(path, *rest)
        path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])

    monkeypatch.setattr("getdsl.data.signal_files.write_bigwig", cut)
    with pytest.raises(DataError, match=r"plus\.bedGraph: it cannot be converted in .* is not whole"):
        read(Signal(files=file, length=9), context)
    monkeypatch.setattr("getdsl.data.signal_files.write_bigwig", write_bigwig)
    found = read(Signal(files=file, length=9), context)
    np.testing.assert_array_equal(found, np.stack([by_base(["plus"], place, 9)[:, 0] for place in PLACES]))


def test_a_reader_goes_to_another_process_as_it_is(tmp_path: Path, genome: Genome) -> None:
    context = context_of(PLACES, NAMES, genome)
    reader = Signal(files=[bigwig(tmp_path, name) for name in INTERVALS], length=12)
    found = read(reader, context)
    sent = pickle.loads(pickle.dumps(reader))
    np.testing.assert_array_equal(sent.read(places_of(context)), found)
    codes = pickle.loads(pickle.dumps(genome)).codes("chrI", 0, 9)
    np.testing.assert_array_equal(codes, genome.codes("chrI", 0, 9))
