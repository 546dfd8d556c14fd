from pathlib import Path

import pytest

from getdsl.formats.meme import MemeError, count_motifs, read_meme
from tests.golden.cases import SHARED, find, load

MOTIF = """MOTIF M1 first
letter-probability matrix: alength= 4 w= 2 nsites= 20 E= 0
0.1 0.2 0.3 0.4
1 0 0 0
"""

BACKGROUND = "Background letter frequencies\nA .25 C .25 G .25 T .25\n"


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str | bytes) -> Path:
        path = tmp_path / "motifs.meme"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.mark.parametrize("name", ["long_header", "no_alt_names", "short_header_drops_first", "small"])
def test_matrices_are_those_that_get_parses(name: str) -> None:
    case = load(f"parse_meme_file__meme_{name}")
    motifs = read_meme(find(f"components/meme_{name}.meme"))
    # GET loses the first motif of a file whose header is short; what it keeps agrees
    lost = 1 if name == "short_header_drops_first" else 0
    assert [motif.name for motif in motifs][lost:] == case.meta["names"]
    assert len(motifs) == len(case.meta["names"]) + lost
    for motif, recorded in zip(motifs[lost:], case["out"]["motifs"].tolist(), strict=True):
        scaled = [[p / motif.width for p in row] for row in motif.matrix]
        for row, want in zip(scaled, recorded, strict=False):
            assert row == pytest.approx(want, rel=1e-12, abs=1e-12)
        assert recorded[motif.width :] == [[0.0] * 4] * (29 - motif.width)


@pytest.mark.parametrize(
    ("file", "count", "widest"),
    [
        ("yeast/JASPAR2026_fungi.meme", 193, 19),
        ("motifs/JASPAR2026_vertebrates.meme", 1019, 33),
        ("motifs/H12CORE_meme_format.meme", 1443, 31),
        ("motifs/vierstra_v2.1beta_consensus_pwms.meme", 637, 28),
    ],
)
def test_published_files(file: str, count: int, widest: int) -> None:
    path = SHARED.parent / "data" / file
    if not path.exists():
        pytest.skip(f"no {file} in ../shared/data")
    motifs = read_meme(path)
    assert len(motifs) == count == count_motifs(path)
    assert max(motif.width for motif in motifs) == widest


def test_the_embedded_yeast_motifs() -> None:
    path = Path(__file__).parents[2] / "getdsl/data/yeast/JASPAR2026_fungi.meme"
    motifs = read_meme(path)
    assert len(motifs) == 193
    assert (motifs[0].name, motifs[0].alt, motifs[0].width) == ("MA0265.3", "ABF1", 14)
    assert motifs[0].matrix[1] == (0.011710, 0.985948, 0.002342, 0.0)


@pytest.mark.parametrize(
    "text",
    [
        MOTIF,
        "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\n" + BACKGROUND + MOTIF,
        "MEME version 5.4.1\nALPHABET = ACGT\n" + MOTIF,
        "\ufeff" + MOTIF,
        "MEME version 4\r\n" + MOTIF.replace("\n", "\r\n"),
        MOTIF.replace("\n", "\n\n\n"),
        MOTIF.replace("matrix: alength= 4 w= 2", "matrix:alength=4 w=2"),
        MOTIF.replace("matrix: alength= 4 w= 2", "matrix :  alength = 4  w = 2"),
        MOTIF.replace(" alength= 4 w= 2 nsites= 20 E= 0", ""),
        MOTIF.replace(" w= 2", ""),
        MOTIF.replace("0.1 0.2 0.3 0.4", "\t 1e-1\t.2  3.0E-1 0.4\t"),
        MOTIF + "URL http://example.org/1 2 3\n",
        MOTIF + "--------\n\tMotif 1 regular expression\n",
        MOTIF.replace("letter", "log-odds matrix: alength= 4 w= 2\n-1 2 3 4\n1 2 3 4\nletter"),
        'ALPHABET "DNA" DNA-LIKE\nA "Adenine" CC0000 ~ T "Thymine" 008000\nC ~ G\nN = ACGT\nEND ALPHABET\n'
        + MOTIF,
    ],
)
def test_spellings_of_one_motif(write, text: str) -> None:
    (motif,) = read_meme(write(text))
    assert (motif.name, motif.alt, motif.width) == ("M1", "first", 2)
    assert motif.matrix == ((0.1, 0.2, 0.3, 0.4), (1.0, 0.0, 0.0, 0.0))


def test_names(write) -> None:
    second = MOTIF.replace("M1 first", "GATA/PROP:GATA")
    third = MOTIF.replace("M1 first", "m3 a b c")
    motifs = read_meme(write(MOTIF + second + third))
    assert [(motif.name, motif.alt) for motif in motifs] == [
        ("M1", "first"),
        ("GATA/PROP:GATA", None),
        ("m3", "a"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", None, "no motifs"),
        ("MEME version 4\nALPHABET= ACGT\n", None, "no motifs"),
        ("MOTIF M1\nURL x\n" + MOTIF.replace("M1", "M2"), 1, "M1 has no letter-probability matrix"),
        (MOTIF + "\nMOTIF M2\n", 6, "M2 has no letter-probability matrix"),
        ("MOTIF\n" + MOTIF, 1, "MOTIF without a name"),
        (MOTIF.replace("0.1 0.2 0.3 0.4", "0.3 0.3 0.4"), 3, "a row of 3 values"),
        (MOTIF.replace("1 0 0 0", "1 0 0 0 0"), 4, "a row of 5 values"),
        (MOTIF.replace("0.2", "x"), 3, "'x' is not a number"),
        (MOTIF.replace("0.1 ", "x "), 3, "'x' is not a number"),
        (MOTIF.replace("0.1 ", "nan "), 3, "'nan' is not a number"),
        (MOTIF.replace("1 0 0 0", "a c g t").replace(" w= 2", ""), 4, "'a' is not a number"),
        (MOTIF.replace("0.1", "0.2"), 3, "sums to 1.1, not to 1"),
        (MOTIF.replace("0.1 0.2 0.3 0.4", "10 2 3 5"), 3, "not probabilities"),
        (MOTIF.replace("0.1 0.2 0.3", "-0.1 0.4 0.3"), 3, "not probabilities"),
        (MOTIF.replace("0.1 0.2", "inf 0.2"), 3, "not probabilities"),
        (MOTIF.replace("w= 2", "w= 3"), 2, "has 2 rows and w= 3 says 3"),
        (MOTIF.replace("w= 2", "w= 3") + MOTIF.replace("M1", "M2"), 2, "has 2 rows and w= 3 says 3"),
        (MOTIF.replace("w= 2", "w= 1"), 4, "more rows than w= 1"),
        (MOTIF.replace("w= 2", "w= 0"), 2, "w= 0 is not a width"),
        (MOTIF.replace("w= 2", "w= two"), 2, "w= two is not a width"),
        (MOTIF.replace("alength= 4", "alength= 20"), 2, "alength= 20"),
        ("MOTIF M1\nletter-probability matrix:\n" + MOTIF.replace("M1", "M2"), 2, "M1 has an empty"),
        ("MEME version 4\nALPHABET= ACDEFGHIKLMNPQRSTVWY\n" + MOTIF, 2, "ALPHABET is ACDEFGHIKLMNPQRSTVWY"),
        ("ALPHABET= ACGU\n" + MOTIF, 1, "ALPHABET is ACGU"),
        ('ALPHABET "RNA"\nA\nC\nG\nU\nEND ALPHABET\n' + MOTIF, 1, "ALPHABET defines ACGU"),
        ('ALPHABET "RNA"\nA\nC\n' + MOTIF, 1, "without END ALPHABET"),
        (MOTIF.split("\n", 1)[1], 1, "before any MOTIF"),
        (b"\x1f\x8b\x08\x00" + MOTIF.encode(), None, "gzip"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", None, "not a text file"),
        (MOTIF.encode() + b"\0", None, "not a text file"),
    ],
)
def test_what_is_wrong_and_where(write, text: str | bytes, line: int | None, problem: str) -> None:
    path = write(text)
    with pytest.raises(MemeError) as caught:
        read_meme(path)
    assert problem in caught.value.problem
    assert (caught.value.path, caught.value.line) == (path, line)
    assert str(caught.value).startswith(f"{path}:{line}: " if line else f"{path}: ")


def test_an_absent_file_is_not_a_meme_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_meme(tmp_path / "none.meme")
