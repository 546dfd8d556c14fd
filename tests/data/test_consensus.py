"""`Consensus`, beside bcftools' own and by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pysam
import pysam.bcftools
import pytest

from getdsl.data import derived
from getdsl.data.errors import DataError
from getdsl.data.genome import Genome
from getdsl.data.genomes.consensus import Consensus
from getdsl.runs.preparing.prepare import prepare
from tests.data.small import declared, spec_of, write_files

HEADER = """##fileformat=VCFv4.2
##contig=<ID=chrI>
##contig=<ID=chrII>
##contig=<ID=I>
##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1\ts2
"""
BASES = {"chrI": "ACGTTGCAACGTNACGTACCAGTA", "chrII": "GGCCATATGC"}


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "cache_folder", lambda: tmp_path / "cache")


def write_genome(folder: Path, bases: dict[str, str]) -> Path:
    path = folder / "genome.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in bases.items()))
    return path


def write_vcf(folder: Path, *rows: str) -> Path:
    """Rows as `chrI 5 T G 0|1 1|1`, of the samples s1 and s2."""
    path = folder / "phased.vcf"
    fields = [row.split() for row in rows]
    lines = [
        f"{chrom}\t{at}\t.\t{ref}\t{alt}\t.\t.\t.\tGT\t{one}\t{two}"
        for chrom, at, ref, alt, one, two in fields
    ]
    path.write_text(HEADER + "".join(f"{line}\n" for line in lines))
    return path


def letters(genome: Genome, chrom: str, start: int, end: int) -> str:
    return "".join("ACGTN"[code] for code in genome.codes(chrom, start, end))


def consensus(folder: Path, *rows: str, sample: str | None = "s1", haplotype: int = 1) -> Genome:
    fasta, vcf = write_genome(folder, BASES), write_vcf(folder, *rows)
    return Consensus(fasta=str(fasta), variants=str(vcf), sample=sample, haplotype=haplotype).genome({})


def test_a_window_stays_at_its_middle(tmp_path: Path) -> None:
    """chrI 0-based: 4 T>G, 8 A>ATT behind it, 17 and 18 deleted."""
    genome = consensus(tmp_path, "chrI 5 T G 1|0 0|0", "chrI 9 A ATT 1|0 0|0", "chrI 17 TAC T 1|0 0|0")
    haplotype = "ACGTGGCAATTCGTNACGTCAGTA"
    assert letters(genome, "chrI", 2, 8) == haplotype[2:8]  # the middle, 5, is where it was
    assert letters(genome, "chrI", 7, 14) == haplotype[9:16]  # the middle, 10, is 2 further on
    assert letters(genome, "chrI", 16, 22) == haplotype[16:22]  # 2 in, 2 out
    assert letters(genome, "chrI", 16, 19) == haplotype[18:21]  # the middle, 17, is deleted: what follows
    assert letters(genome, "chrI", -2, 4) == "NN" + haplotype[:4]
    assert letters(genome, "chrI", 20, 27) == haplotype[20:] + "NNN"
    assert letters(genome, "chrII", 0, 10) == BASES["chrII"]
    assert genome.lengths == {"chrI": 24, "chrII": 10}


@pytest.mark.parametrize(("sample", "haplotype"), [("s1", 1), ("s1", 2), ("s2", 1), ("s2", 2), (None, 1)])
def test_bases_are_those_of_bcftools(sample: str | None, haplotype: int, tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    bases = {
        name: "".join(random.choice(list("ACGT"), length)) for name, length in (("chrI", 900), ("chrII", 300))
    }
    rows = []
    for chrom, text in bases.items():
        for at in range(5, len(text) - 20, 12):
            ref = text[at : at + random.integers(1, 5)]
            alts = {"".join(random.choice(list("ACGT"), random.integers(1, 5))) for _ in range(2)} - {ref}
            calls = ["|".join(map(str, random.integers(0, len(alts) + 1, 2))) for _ in range(2)]
            rows.append(f"{chrom} {at + 1} {ref} {','.join(sorted(alts))} {calls[0]} {calls[1]}")
    fasta, vcf = write_genome(tmp_path, bases), write_vcf(tmp_path, *rows)
    genome = Consensus(fasta=str(fasta), variants=str(vcf), sample=sample, haplotype=haplotype).genome({})
    packed = pysam.tabix_index(str(vcf), preset="vcf", force=True)
    of = ["-s", sample, "-H", str(haplotype)] if sample is not None else ["-s", "-"]
    written = pysam.bcftools.consensus("-f", str(fasta), *of, packed)
    expected = {part.split("\n")[0]: "".join(part.split("\n")[1:]) for part in written.split(">")[1:]}
    for chrom, text in bases.items():
        whole = letters(genome, chrom, -200, len(text) + 200).strip("N")
        assert whole == expected[chrom] != text


def test_what_is_not_known_is_the_reference(tmp_path: Path) -> None:
    rows = ("chrI 5 T G ./. 0|0", "chrI 9 A C .|1 1|1", "chrII 2 G T 1/1 0/0", "chrII 4 C *,G 1|2 0|0")
    genome = consensus(tmp_path, *rows)
    assert letters(genome, "chrI", 0, 24) == BASES["chrI"]
    assert letters(genome, "chrII", 0, 10) == "GTCCATATGC"
    assert letters(consensus(tmp_path, *rows, haplotype=2), "chrII", 0, 10) == "GTCGATATGC"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("chrI 5 A G 1|1 0|0", "chrI:5 has the reference A, and the genome has T"),
        ("chrI 24 AC A 1|1 0|0", "chrI:24 lies beyond chrI, which has 24 bp"),
        ("chrI 5 T G 0/1 0|0", "chrI:5 is not phased in s1 (0/1); phase it"),
        ("chrI 5 T <DEL> 1|1 0|0", "chrI:5 has the allele <DEL>, which is not written in bases"),
        (
            "I 5 T G 1|1 0|0",
            'I:5 is on no chromosome of the genome; write `rename_chromosomes = { "I" = "chrI" }`',
        ),
    ],
)
def test_a_variant_that_cannot_be_made_is_named(row: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        consensus(tmp_path, row)
    assert words in str(caught.value)
    assert "phased.vcf: " in str(caught.value)


@pytest.mark.parametrize(
    "rows",
    [("chrI 5 TGC T 1|1 0|0", "chrI 7 C G 1|0 0|0"), ("chrI 5 T TG 1|0 0|0", "chrI 5 T TC 1|0 0|0")],
)
def test_variants_that_overlap_are_refused(rows: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="two variants of the haplotype overlap at chrI:"):
        consensus(tmp_path, *rows)
    assert letters(consensus(tmp_path, *rows, sample="s2"), "chrI", 0, 24) == BASES["chrI"]


def test_samples_and_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="it has no sample s9; there are: s1, s2"):
        consensus(tmp_path, "chrI 5 T G 1|1 0|0", sample="s9")
    fasta = write_genome(tmp_path, BASES)
    with pytest.raises(DataError, match=r"genome\.fa: it cannot be read"):
        Consensus(fasta=str(fasta), variants=str(fasta)).genome({})
    with pytest.raises(DataError, match=r"none\.vcf: it cannot be read \(No such file"):
        Consensus(fasta=str(fasta), variants=str(tmp_path / "none.vcf")).genome({})


def test_a_store_is_of_one_haplotype(tmp_path: Path) -> None:
    write_files(tmp_path)
    base = (tmp_path / "genome.fa").read_text().split("\n")[1][0]
    write_vcf(tmp_path, f"chrI 1 {base} {'ACGT'.replace(base, '')[0]} 1|0 1|0")
    data = """
        genome = Consensus("genome.fa", "phased.vcf", sample = "s1", haplotype = {})
        regions = Regions("regions.tsv")
        batch {{ sequence = Sequence(length = 60) }}
        store = "small.zarr"
    """
    direct = declared(tmp_path, data.format(1)).batch([0, 1])["sequence"]
    other = declared(tmp_path, data.format(2)).batch([0, 1])["sequence"]
    assert (direct != other).any(dim=-1).sum() == 1
    prepare(spec_of(tmp_path, data.format(1)), tmp_path / "small.zarr")
    assert declared(tmp_path, data.format(1)).batch([0, 1])["sequence"].equal(direct)
    with pytest.raises(DataError, match=r"the genome differs: genome\.fa with phased\.vcf s1 1 there"):
        declared(tmp_path, data.format(2))
