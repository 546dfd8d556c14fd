import gzip
from pathlib import Path
from random import Random

import pytest

from getdsl.formats.meme import MemeError, Motif, count_motifs, read_meme
from tests.golden.cases import SHARED, find, load

MOTIF = """MOTIF M1 first
letter-probability matrix: alength= 4 w= 2 nsites= 20 E= 0
0.1 0.2 0.3 0.4
1 0 0 0
"""

BYTES = [bytes([value]) for value in range(256)]
STARS = "*" * 80 + "\n"
LETTERS = """A "A = Adenine" CC0000 ~ T "Thymine" 008000
C "Cytosine" 0000CC ~ G "Guanine" FFB300
N "Any base" = ACGT
"""
QUOTED = """ALPHABET "with = and ~ and # inside"
A "A = Adenine ~ x" ~ T
C "#1"
G
U = T
* = ACGT
END ALPHABET
"""
COMMENTED = """# MEME
ALPHABET "DNA" # of ours
# letters
A 0000CC # first
C
G
T
N=ACGT
# end
END ALPHABET
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
        MOTIF.replace(" w= 2", "") + "\nThis is the end\n",
        MOTIF.replace(" w= 2", "") + "\n3 motifs were found\n",
        MOTIF.replace(" w= 2", "").replace("E= 0\n", "E= 0\n\n") + "\n0.5 0.5 0 0\n",
        "ALPHABET ACGT\n" + MOTIF,
        "ALPHABET=ACGT\n" + MOTIF,
        STARS + 'ALPHABET "DNA" DNA-LIKE\n' + STARS + LETTERS + STARS + MOTIF,
        STARS + "ALPHABET DNA DNA-LIKE\n" + STARS + LETTERS + STARS + STARS + MOTIF,
        "ALPHABET\n" + LETTERS + "END ALPHABET\n" + MOTIF,
        QUOTED + MOTIF,
        COMMENTED + MOTIF,
        MOTIF + "# that was it\n",
        MOTIF.replace(" w= 2", "") + "# that was it\n",
    ],
)
def test_spellings_of_one_motif(write, text: str) -> None:
    (motif,) = read_meme(write(text))
    assert (motif.name, motif.alt, motif.width) == ("M1", "first", 2)
    assert motif.matrix == ((0.1, 0.2, 0.3, 0.4), (1.0, 0.0, 0.0, 0.0))


@pytest.mark.parametrize(
    "data",
    [
        MOTIF.replace("first", "Krüppel").encode("latin-1"),
        MOTIF.replace("first", "Krüppel").encode("cp1252"),
        MOTIF.replace("first", "Krüppel\x85").encode("latin-1"),
        MOTIF.encode("utf-16"),
        MOTIF.replace("first", "Krüppel").encode("utf-16"),
        b"\xfe\xff" + MOTIF.encode("utf-16-be"),
        gzip.compress(MOTIF.encode()),
        gzip.compress(MOTIF.encode("utf-16")),
        gzip.compress(MOTIF[:40].encode()) + gzip.compress(MOTIF[40:].encode()),
        MOTIF.replace("\n", "\r").encode(),
    ],
)
def test_what_wrote_the_bytes_plays_no_part(write, data: bytes) -> None:
    (motif,) = read_meme(write(data))
    assert (motif.name, motif.matrix) == ("M1", ((0.1, 0.2, 0.3, 0.4), (1.0, 0.0, 0.0, 0.0)))


@pytest.mark.parametrize(
    "text",
    [
        ">MA1 first\nA [ 1 5 ]\nC [ 2 0 ]\nG [ 3 0 ]\nT [ 4 0 ]\n",
        ">MA1 first\nA  [1 5]\nC  [2 0]\nG  [3 0]\nT  [4 0]\n",
        ">MA1\tfirst\r\n1 5\r\n2 0\r\n3 0\r\n4 0\r\n",
        "\n> MA1 first\n\nA: 0.1 7\nC: 0.2 0\nG: 0.3 0\nT: 0.4 0\n\n",
        ">MA1 first\na | 1 5\nc | 2 0\ng | 3 0\nt | 4 0\n".replace("| ", ""),
    ],
)
def test_matrices_of_jaspar(write, text: str) -> None:
    first, second = read_meme(write(text + text.replace("MA1", "MA2").strip("\n") + "\n"))
    assert (first.name, first.alt, second.name) == ("MA1", "first", "MA2")
    for motif in (first, second):
        assert [value for row in motif.matrix for value in row] == pytest.approx(
            [0.1, 0.2, 0.3, 0.4, 1, 0, 0, 0]
        )


OTHERS = {
    "HOMER": ">ACGT\tname\t6.5\t-1e3\t0\n0.1 0.2 0.3 0.4\n1 0 0 0\n",
    "HOMER's motif": ">ACGTA some\n" + "0.1\t0.2\t0.3\t0.4\n" * 5,
    "TRANSFAC": "AC  M1\nXX\nID  V$X\nXX\nP0   A   C   G   T\n01   1   2   2   0   S\n//\n",
    "TRANSFAC's motif": "ID any\nPO A C G T\n1 2 3 4 5\nXX\n//\n",
    "CIS-BP": "Pos\tA\tC\tG\tT\n1\t0.1\t0.2\t0.3\t0.4\n",
    "CIS-BP's motif": "TF\tUnknown\nTF Name\tX\nGene\tENS\nMotif\tM1\nPos\tA\tC\tG\tT\n1\t1\t0\t0\t0\n",
    "MEME's XML": '<?xml version="1.0"?>\n<!DOCTYPE MEME[\n]>\n<MEME version="5.5.0">\n',
    "XML, take": "<dreme>\n",
    "a web page": "<!DOCTYPE html>\n<html>\n",
    "JSON": '{"error": "not found"}\n',
    "FASTA": ">chr1\nACGTNNACGT\nACGT\n",
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_formats_are_named(write, name: str) -> None:
    with pytest.raises(MemeError) as caught:
        read_meme(write(OTHERS[name]))
    assert caught.value.problem.startswith("it is ")
    assert name.partition(",")[0].split("'")[0] in caught.value.problem
    assert "MEME's and JASPAR's" in caught.value.problem


def test_a_file_that_unpacks_without_end_is_refused(write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getdsl.formats.motifs.content.MAX_BYTES", 1 << 20)
    with pytest.raises(MemeError, match="decompresses to more than 1 MiB"):
        read_meme(write(gzip.compress(b" " * 2_000_000)))


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
        ('ALPHABET "RNA"\nA\nC\n' + MOTIF, 1, "without its end, END ALPHABET"),
        (MOTIF.split("\n", 1)[1], 1, "before any MOTIF"),
        (MOTIF + MOTIF.split("\n", 1)[1], 5, "motif M1 has a second letter-probability matrix"),
        (MOTIF + "\n" + MOTIF.split("\n", 1)[1], 6, "motif M1 has a second letter-probability matrix"),
        (MOTIF.replace("0.1 0.2 0.3 0.4", "0.1,0.2,0.3,0.4"), 3, "numbers with commas"),
        (MOTIF.replace("0.1 0.2 0.3 0.4", "0.1, 0.2, 0.3, 0.4"), 3, "numbers with commas"),
        (MOTIF.replace("0.1 0.2 0.3 0.4", "0,1 0,2 0,3 0,4"), 3, "numbers with commas"),
        (MOTIF.replace("1 0 0 0", "1,0,0,0").replace(" w= 2", ""), 4, "numbers with commas"),
        (MOTIF.replace("1 0 0 0", "# second\n1 0 0 0"), 4, "a comment among the rows"),
        (MOTIF.replace("1 0 0 0", "# second\n1 0 0 0").replace(" w= 2", ""), 4, "a comment among the rows"),
        (MOTIF.replace("0.4\n", "0.4 # first\n"), 3, "a comment behind a row"),
        (MOTIF.replace(" w= 2", "") + "This is the end\n", 5, "'This' is not a number"),
        ("ALPHABET ACGU\n" + MOTIF, 1, "ALPHABET is ACGU"),
        (
            "x\nALPHABET DNA\n" + STARS + "A ~ T\nC ~ G\nM = C\nm ~ 1\n" + STARS + MOTIF,
            2,
            "ALPHABET defines 1ACGTm",
        ),
        ('ALPHABET "DNA"\n' + STARS + "A\nC\nG\nT\n" + MOTIF, 1, "without its end"),
        (">M1\nA [1 2]\nC [1 2]\nG [1 2]\n", 1, "has 3 rows where A C G T need 4"),
        (">M1\nA [1 2]\nC [1 2]\nG [1]\nT [1 2]\n", 4, "1 counts where A has 2"),
        (">M1\nA [1 2]\nC [1 x]\nG [1 2]\nT [1 2]\n", 3, "'x' is not a number"),
        (">M1\nA [1 2]\nC [1 -2]\nG [1 2]\nT [1 2]\n", 3, "-2 is no count"),
        (">M1\nA [1 0]\nC [1 0]\nG [1 0]\nT [1 0]\n", 1, "no counts at position 2"),
        (">M1\nC [1 0]\nA [1 0]\nG [1 0]\nT [1 0]\n", 2, "the row of C where A must stand"),
        (">\nA [1 0]\nC [1 0]\nG [1 0]\nT [1 0]\n", 1, "without a name"),
        (MOTIF.encode("utf-16-le"), None, "UTF-16 without the mark that says so: save it as UTF-8"),
        (MOTIF.encode("utf-16-be"), None, "UTF-16 without the mark"),
        (b"\x1f\x8b\x08\x00" + MOTIF.encode(), None, "gzip is damaged"),
        (gzip.compress(MOTIF.encode())[:-9], None, "gzip ends too early"),
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


PIECES = (
    *BYTES,
    b"\n",
    b" ",
    b"MOTIF x\n",
    b"letter-probability matrix: w= 1\n",
    b"1 0 0 0\n",
    b">x\n",
    b"A [ 1 ]\n",
)


def outcome(path: Path) -> list[Motif] | MemeError:
    try:
        return read_meme(path)
    except MemeError as error:
        return error


def test_whatever_a_file_holds_is_read_or_refused(write) -> None:
    random = Random(5)
    texts = [MOTIF, COMMENTED + MOTIF, ">M1\nA [1 2]\nC [1 2]\nG [1 2]\nT [1 2]\n", *OTHERS.values()]
    read = 0
    for _ in range(1500):
        data = bytearray(random.choice(texts).encode())
        for _ in range(random.randint(0, 4)):
            at = random.randint(0, len(data))
            data[at : at + random.choice([0, 0, 1, 5])] = random.choice(PIECES)
        found = outcome(write(bytes(data)))
        if isinstance(found, MemeError):
            last = data.count(b"\n") + data.count(b"\r") + 1
            assert found.line is None or 1 <= found.line <= last
        else:
            read += 1
            assert all(sum(row) == pytest.approx(1, abs=0.03) for motif in found for row in motif.matrix)
    assert read > 50


def test_an_absent_file_is_not_a_meme_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_meme(tmp_path / "none.meme")
