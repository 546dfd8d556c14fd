"""What commands on specs and runs say to wrong files, names and numbers: a sentence, and nothing is left."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from getdsl.cli import main

FILES = {
    "empty": b"",
    "far.bed": b"chrZ\t0\t24\n",
    "reversed.bed": b"chrI\t9\t3\n",
    "words.txt": b"some words\n",
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "v.tsv": b"chrom\tpos\tref\talt\nchrI\t1\tA\tC\n",
    "full/mine": b"mine",
}
MACHINE = ("--threads", "1", "--device", "cpu")
WITHOUT_MACHINE = ("sweep", "runs", "publish", "compile")
CHECKPOINT = "there is no checkpoint `absent"
TABLE = {
    "find-lr absent.get": "cannot read `absent.get`",
    "find-lr picture.png": "save it as UTF-8",
    "find-lr {small} --steps -5": "at least 20 steps",
    "find-lr {small} --from 1 --to 1e-9": "rates that rise",
    "find-lr {small} -o words.txt": "a picture cannot be `words.txt`",
    "find-batch-size absent.get": "cannot read `absent.get`",
    "find-batch-size {whole}": "it is a directory",
    "find-batch-size {small} --set train.batch_size=0": "at least 1",
    "sweep absent.get --grid optimizer.lr=1e-3 -o new": "cannot read `absent.get`",
    "sweep {small} --grid optimizr.lr=1e-3 -o new": "nothing named `optimizr.lr`",
    "sweep {small} --grid optimizer.lr= -o new": "is no name with values",
    "sweep {small} --grid optimizer.lr=-1 -o new": "must be a number above 0",
    "sweep {small} --grid optimizer.lr=1e-3 -o words.txt": "name another folder",
    "sweep {small} --grid optimizer.lr=1e-3 -o new --workers 0": "`0` is not how many",
    "runs absent": "there is no folder `absent`",
    "runs full": "there are no runs in `full`",
    "runs {whole} --sort absent": "there is no column `absent`",
    "score absent v.tsv -o new.tsv": CHECKPOINT,
    "score picture.png v.tsv -o new.tsv": "is not a checkpoint",
    "score {whole} absent.vcf -o new.tsv": "there is no such file",
    "score {whole} picture.png -o new.tsv": "it is not a text file",
    "score {whole} empty -o new.tsv": "it holds no variants",
    "score {whole} words.txt -o new.tsv": "has no column `chrom`",
    "score {whole} v.tsv -o new.xyz": "names no format",
    "score {whole} v.tsv -o full/mine/new.tsv": "name another place",
    "score {whole} v.tsv -o new.tsv --shifts 99999999": "is no list of bp",
    "score {whole} v.tsv -o new.tsv --threads -3": "`-3` is not how many",
    "score {whole} v.tsv -o new.tsv --haplotypes": "no genotypes",
    "score {whole} v.tsv -o new.tsv --regions empty": "it holds no regions",
    "score {whole} v.tsv -o new.tsv --regions far.bed": "the genome has no chrZ",
    "interpret absent -o new.zarr": CHECKPOINT,
    "interpret {whole} -o full": "`full` exists already",
    "interpret {whole} -o words.txt --overwrite": "is no interpretation",
    "interpret {whole} -o new.zarr --of absent": "no output `absent`",
    "interpret {whole} -o new.zarr --genes absent": "no sample is called `absent`",
    "interpret {whole} -o new.zarr --limit 0": "is less than 1",
    "interpret {whole} -o new.zarr --seed -1": "`-1` is no seed",
    "interpret {whole} -o new.zarr --regions reversed.bed": "a region is reversed",
    "interpret {whole} -o new.zarr --motifs absent.meme": "absent.meme: no such file or directory",
    "interpret {whole} -o new.zarr --method gradient --logos 3": "which `--method gradient` does not give",
    "design absent -o new --towards signal=max": CHECKPOINT,
    "design {whole} -o new --towards absent=max": "no output `absent`",
    "design {whole} -o new --towards signal=nan": "`--towards` cannot be",
    "design {whole} -o new --towards signal=max --length 24 --gc 2-3": "`--gc` cannot be `2-3`",
    "design {whole} -o new --towards signal=max --length 24 --price nan": "`--price` cannot be nan",
    "design {whole} -o new --towards signal=max --length 24 --seed -1": "`-1` is no seed",
    "design {whole} -o new --towards signal=max --start chrZ:0-24": "the genome has no `chrZ`",
    "design {whole} -o new --towards signal=max --start picture.png": "a FASTA file starts with",
    "design {whole} -o full --towards signal=max --length 24 --overwrite": "holds more than a design",
    "publish absent -o new": CHECKPOINT,
    "publish picture.png -o new": "is not a checkpoint",
    "publish {whole} -o full --overwrite": "holds other files",
    "publish {whole} -o full/mine/new": "name another place",
    "predict absent -o new.zarr": CHECKPOINT,
    "predict {whole} -o full --overwrite": "is no predictions",
    "predict {whole} -o full/mine/new.zarr": "name another place",
    "predict {whole} -o new.zarr --regions empty": "it holds no regions",
    "predict {whole} -o new.zarr --fasta empty": "it holds no sequences",
    "predict {whole} -o new.bw --bin-size -1": "`-1` is not how many",
    "predict {whole} -o new.tsv --genes words.txt": "the header lacks chrom",
    "predict {whole} -o new.zarr --devices 0": "`0` is not how many",
    "evaluate absent": CHECKPOINT,
    "evaluate {whole} --by absent": "`--by` cannot be `absent`",
    "evaluate {whole} --by celltype": "the samples have no celltype",
    "evaluate {whole} --regions far.bed": "the genome has no chrZ",
    "evaluate {whole} -o full": "`full` exists already",
    "compile absent.get -o new --format onnx": "cannot read `absent.get`",
    "compile {small} -o full --format pt2": "holds other files",
    "compile {small} -o words.txt --format standalone": "is a file",
    "compile {small} -o new --format absent": "`--format` cannot be `absent`",
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "full").mkdir()
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def code_of(arguments: list[str]) -> int:
    """1 where the command, or the parser of its arguments, refuses them."""
    try:
        return main(arguments)
    except SystemExit as ended:
        return 1 if ended.code == 2 else 0


@pytest.mark.parametrize("command", TABLE)
def test_a_sentence_and_nothing_else(
    command: str, here: Path, small: Path, whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = shlex.split(command.format(small=small, whole=whole))
    if arguments[0] not in WITHOUT_MACHINE and "--threads" not in arguments:
        arguments += MACHINE
    code = code_of(arguments)
    said = capsys.readouterr().err
    assert code == 1, said
    assert TABLE[command] in said
    assert "error" in said
    assert {
        path.relative_to(here).as_posix(): path.read_bytes() for path in here.rglob("*") if path.is_file()
    } == FILES
    assert {path.name for path in here.iterdir()} == {Path(name).parts[0] for name in FILES}
