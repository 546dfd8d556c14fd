"""`PeakSequence`, `PeakLengths`, `PeakSignal`, `Coordinates`: the regions of a window end to end, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pybigtools
import pytest
import torch

from getdsl.data.declared import DeclaredData
from getdsl.data.errors import DataError
from tests.data.declarations import declared, section, write_bases, write_bed, write_genome, write_stranded

ROWS = [
    ("chrA", 3, 10),
    ("chrA", 12, 16),
    ("chrA", 20, 31),
    ("chrA", 40, 41),
    ("chrA", 50, 58),
    ("chrA", 52, 60),
]
LENGTH = 60
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def write(folder: Path, strands: str = "......") -> tuple[str, np.ndarray[Any, Any]]:
    """Two windows of three regions, on 60 bp with an N; returns the bases, and the values of `a.bw`."""
    bases = write_genome(folder, {"chrA": LENGTH})["chrA"]
    bases = bases[:13] + "N" + bases[14:]
    write_bases(folder, {"chrA": bases})
    write_stranded(folder, [(*row, strand) for row, strand in zip(ROWS, strands, strict=True)])
    values = np.arange(LENGTH, dtype=np.float32) + 1
    for name, track in (("a", values), ("b", 100 + values)):
        entries = [("chrA", at, at + 1, float(track[at])) for at in range(LENGTH) if at != 21]
        writer = pybigtools.open(str(folder / f"{name}.bw"), "w")
        writer.write({"chrA": LENGTH}, iter(entries))
    values[21] = 0
    return bases, values


def opened(folder: Path, params: str = "", files: str = "") -> DeclaredData:
    signal = f"PeakSignal({files or f'{chr(34)}{folder}/a.bw{chr(34)}'}{params})"
    keys = f"dna = PeakSequence()\nlengths = PeakLengths()\ntrack = {signal}"
    return declared(section(folder, keys, samples="Windows(size = 3)"))


def letters(one_hot: torch.Tensor) -> str:
    return "".join("ACGT"[row.argmax()] if row.any() else "." for row in one_hot)


def pieces(bases: str, strands: str = "......") -> list[str]:
    found = [bases[start:end].replace("N", ".") for _, start, end in ROWS]
    return [
        piece.translate(COMPLEMENT)[::-1] if strand == "-" else piece
        for piece, strand in zip(found, strands, strict=True)
    ]


@pytest.mark.parametrize("strands", ["......", "+-+-+-", "------"])
def test_regions_stand_end_to_end(tmp_path: Path, strands: str) -> None:
    bases, values = write(tmp_path, strands)
    batch = opened(tmp_path).batch(np.arange(2))
    parts = pieces(bases, strands)
    assert [letters(row) for row in batch["dna"]] == ["".join(parts[:3]), "".join(parts[3:]).ljust(22, ".")]
    assert batch["lengths"].tolist() == [[7, 4, 11], [1, 8, 8]]
    assert batch["lengths"].dtype == torch.int64
    tracks = [
        values[start:end][:: -1 if strand == "-" else 1]
        for (_, start, end), strand in zip(ROWS, strands, strict=True)
    ]
    expected = np.zeros((2, 22), np.float32)
    expected[0], expected[1, :17] = np.concatenate(tracks[:3]), np.concatenate(tracks[3:])
    assert np.array_equal(batch["track"].numpy(), expected)
    assert batch["place"].tolist() == [
        [list(row[1:]) for row in ROWS[:3]],
        [list(row[1:]) for row in ROWS[3:]],
    ]
    assert batch["place"].dtype == torch.int64


def test_a_sample_is_padded_to_the_longest_of_its_batch_only(tmp_path: Path) -> None:
    write(tmp_path)
    source = opened(tmp_path)
    both, second = source.batch(np.arange(2)), source.batch(np.array([1]))
    assert second["dna"].shape == (1, 17, 4)
    assert second["dna"][0].equal(both["dna"][1, :17])
    assert second["track"][0].equal(both["track"][1, :17])


def test_several_tracks_make_a_last_axis(tmp_path: Path) -> None:
    _, values = write(tmp_path)
    found = opened(tmp_path, files=f'["{tmp_path}/a.bw", "{tmp_path}/b.bw"]').batch(np.array([0]))["track"]
    assert found.shape == (1, 22, 2)
    assert found[0, :7, 1].tolist() == (100 + values[3:10]).tolist()


def test_a_value_that_is_absent_is_stated(tmp_path: Path) -> None:
    write(tmp_path)
    assert opened(tmp_path, ", missing = 7.0").batch(np.array([0]))["track"][0, 12] == 7
    with pytest.raises(DataError, match="no value at chrA:21"):
        opened(tmp_path, ", missing = none").batch(np.array([0]))


def test_regions_of_one_length_can_be_turned(tmp_path: Path) -> None:
    bases, values = write(tmp_path)
    write_bed(tmp_path, [("chrA", start, start + 5) for start in (2, 10, 20)])
    source = opened(tmp_path)
    batch = source.batch(np.array([0]))
    assert source.reverse_complement is not None
    turned = source.reverse_complement(batch)
    expected = "".join(
        bases[start : start + 5].replace("N", ".").translate(COMPLEMENT)[::-1] for start in (2, 10, 20)
    )
    assert letters(turned["dna"][0]) == expected
    assert turned["track"][0, :5].tolist() == values[2:7][::-1].tolist()
    assert source.reverse_complement(turned)["dna"].equal(batch["dna"])


def test_regions_of_several_lengths_are_read_from_one_strand_only(tmp_path: Path) -> None:
    write(tmp_path)
    assert opened(tmp_path).reverse_complement is None
