"""What files lack, and what is not used, is said in a note."""

from __future__ import annotations

from pathlib import Path

from getdsl.data.readers.fragments import Fragments
from getdsl.data.readers.signal import Signal
from getdsl.formats.bigwig import write_bigwig
from getdsl.runs.preparing.prepare import prepare
from tests.data.reading import Place, context_of
from tests.data.small import declared, spec_of, write_files

PLACES: list[Place] = [("chrI", 0, 9, 1), ("chrII", 0, 9, 1), ("chrIII", 0, 9, 1), ("chrII", 9, 20, 1)]
NAMES = ("chrI", "chrII", "chrIII")


def test_a_bigwig_without_chromosomes_of_the_regions(tmp_path: Path) -> None:
    path = tmp_path / "cuts.bw"
    write_bigwig(path, {"chrI": 50}, [("chrI", 0, 5, 1.0)])
    context = context_of(PLACES, NAMES)
    Signal(files=str(path), length=8).open(context)
    assert context.notes == ["cuts.bw has nothing of chrII, chrIII, where 3 of 4 regions lie"]


def test_fragments_without_a_chromosome_of_the_regions(tmp_path: Path) -> None:
    path = tmp_path / "fragments.bed"
    path.write_text("chrI\t0\t5\nchrII\t3\t9\n")
    context = context_of(PLACES, NAMES)
    Fragments(files=str(path)).open(context)
    assert context.notes == ["fragments.bed has nothing of chrIII, where 1 of 4 regions lie"]


def test_a_file_with_all_of_them_needs_no_word(tmp_path: Path) -> None:
    write_files(tmp_path)
    found = declared(tmp_path, DATA)
    assert found.notes == ()


def test_a_store_that_is_not_there_yet(tmp_path: Path) -> None:
    write_files(tmp_path)
    data = f'{DATA} store = "small.zarr"'
    (note,) = declared(tmp_path, data).notes
    assert "there is no store" in note
    assert "small.zarr yet" in note
    assert prepare(spec_of(tmp_path, data), tmp_path / "small.zarr").notes == ()
    assert declared(tmp_path, data).notes == ()


DATA = """
    genome = "genome.fa"
    regions = Regions("regions.tsv")
    batch { profile = Signal("plus.bw", length = 10) }
"""
