"""The promoter task, against a slow recomputation from the raw text and against the figures known of it."""

import csv
import gzip
import re
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from getdsl.data.layout import open_regions, read_column
from getdsl.data.promoters import YEAST_GENES, prepare

from getdsl.data.errors import DataError

YEAST = Path(__file__).parents[2] / "getdsl" / "data" / "yeast"
EXPRESSION = Path(__file__).parents[3] / "shared" / "data" / "yeast_expression" / "yeast_WT_expression.tsv"
HEADER = "chrom\tstart\tend\tstrand\tsystematic\n"
TEST_CHROMOSOMES = ("chrIV", "chrXI", "chrXIII")


def genome_text() -> dict[str, str]:
    with gzip.open(YEAST / "sacCer3_16chr.fa.gz", "rt") as file:
        records = file.read().split(">")[1:]
    return {record.split()[0]: "".join(record.split("\n")[1:]).upper() for record in records}


def cuts_by_chromosome() -> dict[str, list[int]]:
    with gzip.open(YEAST / "yeast_500k_SRR1822137.bedpe.gz", "rt") as file:
        fragments = {tuple(line.split()) for line in file}
    cuts: dict[str, list[int]] = defaultdict(list)
    for chrom, start, end in fragments:
        cuts[chrom] += [int(start), int(end) - 1]
    return cuts


def genes_by_name() -> dict[str, dict[str, str]]:
    with (YEAST / "genes_tss.tsv").open() as file:
        return {row["systematic"]: row for row in csv.DictReader(file, delimiter="\t")}


def test_sampled_regions_equal_a_slow_recomputation(promoters: Path) -> None:
    group = open_regions(promoters)
    names, codes = read_column(group, "name"), read_column(group, "sequence")
    starts, counts = read_column(group, "start"), read_column(group, "cut_sites")
    genome, cuts, genes = genome_text(), cuts_by_chromosome(), genes_by_name()
    rows = [*range(3), *np.random.default_rng(0).choice(len(names), 60, replace=False), len(names) - 1]
    strands = set()
    for row in rows:
        gene = genes[names[row]]
        plus = gene["strand"] == "+"
        start = int(gene["start"]) - 500 if plus else int(gene["end"])
        at = range(start + 250 - 1000, start + 250 + 1000)
        chromosome = genome[gene["chrom"]]
        letters = "".join(chromosome[i] if 0 <= i < len(chromosome) else "N" for i in at)
        if not plus:
            letters = letters.translate(str.maketrans("ACGT", "TGCA"))[::-1]
        assert starts[row] == start
        assert "".join("ACGTN"[code] for code in codes[row]) == letters
        assert counts[row] == sum(start <= cut < start + 500 for cut in cuts[gene["chrom"]])
        strands.add(gene["strand"])
    assert strands == {"+", "-"}


def test_most_regions_end_at_a_start_codon(promoters: Path) -> None:
    codes = read_column(open_regions(promoters), "sequence")
    after = codes[:, 1250:1253]
    assert (after == [0, 3, 2]).all(axis=1).mean() > 0.98


def test_counts_of_regions_are_the_known_ones(promoters: Path) -> None:
    group = open_regions(promoters)
    held_out = np.isin(read_column(group, "chrom"), TEST_CHROMOSOMES)
    assert (held_out.size, held_out.sum()) == (5999, 1553)
    counts = read_column(group, "cut_sites")
    assert (counts.sum(), np.median(counts), counts.max()) == (380393, 30, 9054)


@pytest.mark.skipif(not EXPRESSION.exists(), reason="the expression table does not ship")
def test_split_sizes_among_genes_with_measured_expression(promoters: Path) -> None:
    with EXPRESSION.open() as file:
        measured = {row["systematic"] for row in csv.DictReader(file, delimiter="\t")}
    group = open_regions(promoters)
    kept = np.isin(read_column(group, "name"), sorted(measured))
    held_out = np.isin(read_column(group, "chrom"), TEST_CHROMOSOMES)
    assert ((kept & ~held_out).sum(), (kept & held_out).sum()) == (4445, 1553)


def write_inputs(folder: Path, **changes: str) -> dict[str, Path]:
    """A 40-bp chromosome, a gene on each strand, and fragments of which one occurs twice."""
    texts = {
        "genome": ">chrI test\nACGTACGTACGTACGTACGT\nAACCGGTTNNACGTACGTAC\n",
        "genes": HEADER + "chrI\t12\t15\t+\tg1\nchrI\t18\t30\t-\tg2\nchrI\t2\t9\t+\tg3\n",
        "fragments": "chrI\t4\t9\nchrI\t4\t9\nchrI\t7\t13\nchrM\t1\t5\nchrI\t29\t31\n",
    }
    paths = {name: folder / name for name in texts}
    for name, path in paths.items():
        path.write_text(changes.get(name, texts[name]))
    return paths


def test_small_inputs_worked_by_hand(tmp_path: Path) -> None:
    output = tmp_path / "out.zarr"
    assert prepare(**write_inputs(tmp_path), output=output, pattern="g", region=8, width=16) == 2
    group = open_regions(output)
    assert read_column(group, "name").tolist() == ["g1", "g2"]  # 8 bp upstream of g3 lie outside
    assert read_column(group, "start").tolist() == [4, 30]
    assert read_column(group, "cut_sites").tolist() == [3, 1]  # 4, 8 and 7; 30, since an end is the last base
    letters = ["".join("ACGTN"[code] for code in row) for row in read_column(group, "sequence")]
    assert letters == ["ACGTACGTACGTACGT", "NNGTACGTACGTNNAA"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"genes": "chrom\tstart\n"}, ["line 1", "lacks end, strand, systematic"]),
        (
            {"genes": HEADER + "I\t20\t30\t+\tg1\n"},
            ["g1", "did you mean chrI?"],
        ),
        ({"genes": HEADER + "chrI\t20\t30\tx\tg1\n"}, ["line 2", "strand"]),
        ({"genes": HEADER + "chrI\t20\t30\t+\tother\n"}, ["no gene"]),
        ({"fragments": "chrI\t30\t41\n"}, ["chrI:41", "40 bp"]),
        ({"fragments": "chrI 30 41\n"}, ["line 1", "tabs"]),
        ({"fragments": "chrI\t9\t9\n"}, ["line 1", "start < end"]),
        ({"fragments": "chr1\t3\t9\n"}, ["no fragment lies in the genome", "did you mean chrI?"]),
        ({"genome": "chrI\nACGT\n"}, ["line 1", ">name"]),
        ({"genome": ">chrI\nAC-T\n"}, ["chrI has '-' at base 3"]),
    ],
)
def test_wrong_inputs_are_said(tmp_path: Path, changes: dict[str, str], words: list[str]) -> None:
    output = tmp_path / "out.zarr"
    with pytest.raises(DataError) as caught:
        prepare(**write_inputs(tmp_path, **changes), output=output, pattern="g", region=8, width=16)
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert not output.exists()


def test_an_existing_data_set_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out.zarr").mkdir()
    with pytest.raises(DataError, match="exists already"):
        prepare(**write_inputs(tmp_path), output=tmp_path / "out.zarr", pattern="g", region=8, width=16)


def test_pattern_leaves_out_what_is_no_nuclear_gene() -> None:
    assert re.match(YEAST_GENES, "YAL067W-A")
    assert not re.match(YEAST_GENES, "Q0045")
    assert not re.match(YEAST_GENES, "tA(AGC)D")
