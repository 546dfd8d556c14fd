"""`getdsl design`: sequences towards a goal, within what they may be."""

import argparse
import csv
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from getdsl.cli import main
from getdsl.cli.design import add_arguments
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.types import TensorType
from getdsl.diagnostics import UserError
from getdsl.formats.fasta import encode_bases, fasta_pieces, reverse_complement
from getdsl.runs.design.constraints import Constraints, read_allowed
from getdsl.runs.design.design import Request, design
from getdsl.runs.design.evolve import neighbours
from getdsl.runs.design.goal import Goal, Term, read_goal
from getdsl.runs.design.steps import Design
from getdsl.runs.opened.session import Session
from tests.runs.conftest import WIDTH
from tests.zoo.test_recorded import ROOT

MAX = "signal = max"


def designed(whole: Path, output: Path, **asked: Any) -> Design:
    _, [found] = design(whole, output, Request(**{"towards": MAX, "length": WIDTH, **asked}))
    return found


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "steps.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def best_by_hand(whole: Path, sequences: list[np.ndarray]) -> float:
    """The largest mean over both strands of what the model says, as `predict` gives it."""
    codes = np.stack(sequences)
    with Session.open(whole) as session, torch.no_grad():
        model = session.compiled.eval()
        strands = [torch.from_numpy(each.astype(np.int64)) for each in (codes, reverse_complement(codes))]
        read = [{"sequence": torch.nn.functional.one_hot(each, 4).float()} for each in strands]
        forward, backward = (model(batch)["signal"] for batch in read)
        return float(((forward + backward) / 2).max())


def test_each_round_takes_the_best_of_all_substitutions(whole: Path, tmp_path: Path) -> None:
    found = designed(whole, tmp_path / "out", rounds=3)
    assert len(found.steps) == 4
    for before, after in zip(found.steps, found.steps[1:], strict=False):
        sequences = []
        for at in range(WIDTH):
            for base in range(4):
                codes = before.codes.copy()
                codes[at] = base
                sequences.append(codes)
        assert after.gain == pytest.approx(best_by_hand(whole, sequences), abs=1e-5)
        assert (after.codes != before.codes).sum() == 1


def test_what_is_written_is_what_was_found(whole: Path, tmp_path: Path) -> None:
    found = designed(whole, tmp_path / "out", rounds=2)
    written = rows(tmp_path / "out")
    assert [row["step"] for row in written] == ["0", "1", "2"]
    assert [int(row["edits"]) for row in written] == [0, 1, 2]
    assert float(written[-1]["signal"]) == pytest.approx(found.steps[-1].gain, rel=1e-4)
    change = written[1]["change"]
    at = int(change[1:-1])
    assert change == f"{'ACGT'[found.start.codes[at]]}{at}{'ACGT'[found.steps[1].codes[at]]}"
    [(name, empty), (_, codes)] = fasta_pieces(tmp_path / "out/designs.fa")
    assert (name, len(empty), codes.tolist()) == ("random1", 0, found.codes.tolist())
    assert {item.name for item in (tmp_path / "out").iterdir()} == set(
        "steps.tsv designs.fa steps.png steps.svg edits.png edits.svg".split()
    )


@pytest.mark.parametrize("method", ["evolution", "gradient"])
def test_the_same_seed_gives_the_same_bytes(whole: Path, tmp_path: Path, method: str) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        designed(whole, tmp_path / name, method=method, rounds=4, seed=seed)
    a, b, c = ((tmp_path / name / "steps.tsv").read_bytes() for name in "abc")
    assert a == b != c


def test_gradients_find_better_sequences_of_few_edits(whole: Path, tmp_path: Path) -> None:
    found = designed(whole, tmp_path / "out", method="gradient", rounds=40, price=0.0)
    assert found.steps[-1].gain > found.steps[0].gain + 0.02
    dear = designed(whole, tmp_path / "dear", method="gradient", rounds=40, price=10.0)
    assert dear.edits < found.edits


def test_a_number_is_come_near_to(whole: Path, tmp_path: Path) -> None:
    start = designed(whole, tmp_path / "start", rounds=1).steps[0].gain
    found = designed(whole, tmp_path / "out", towards=f"signal = {start + 0.02:.4f}", rounds=5)
    assert abs(float(found.steps[-1].values[0]) - start - 0.02) < 0.002


def test_motifs_are_put_in_where_they_help(whole: Path, tmp_path: Path) -> None:
    found = designed(whole, tmp_path / "out", method="insertion", insert="GGCGC", rounds=1, seed=3)
    text = "".join("ACGT"[code] for code in found.codes)
    assert "GGCGC" in text or "GCGCC" in text
    sequences = []
    for motif in (encode_bases(b"GGCGC"), encode_bases(b"GCGCC")):
        for at in range(WIDTH - 4):
            codes = found.start.codes.copy()
            codes[at : at + 5] = motif
            sequences.append(codes)
    assert found.steps[1].gain == pytest.approx(best_by_hand(whole, sequences), abs=1e-5)
    assert found.steps[1].what.startswith("GGCGC at ")


@pytest.mark.parametrize("method", ["evolution", "gradient", "insertion"])
def test_constraints_hold(whole: Path, tmp_path: Path, method: str) -> None:
    insert = {"insert": "GCC"} if method == "insertion" else {}
    allow = "N" * 12 + "S" * (WIDTH - 12)
    found = designed(
        whole,
        tmp_path / "out",
        method=method,
        fixed="0-6",
        allow=allow,
        gc="0.0-0.6",
        edits=4,
        rounds=30,
        **insert,
    )
    for step in found.steps:
        changed = step.codes != found.start.codes
        assert not changed[:6].any()
        assert np.isin(step.codes[12:][changed[12:]], (1, 2)).all()
        assert changed.sum() <= 4
        assert np.isin(step.codes, (1, 2)).mean() <= max(0.6, np.isin(found.start.codes, (1, 2)).mean())
    assert found.edits


def test_a_region_of_the_genome_and_a_bed_file_of_what_stays(
    whole: Path, small: Path, tmp_path: Path
) -> None:
    (tmp_path / "stays.bed").write_text("chrI\t405\t410\nchrII\t412\t424\nchrI\t0\t403\n")
    found = designed(
        whole, tmp_path / "out", start="chrI:400-424", fixed=str(tmp_path / "stays.bed"), rounds=12
    )
    assert (found.start.name, found.start.place) == ("chrI:400-424", ("chrI", 400))
    changed = np.flatnonzero(found.codes != found.start.codes)
    assert len(changed)
    assert not set(changed.tolist()) & {0, 1, 2, 5, 6, 7, 8, 9}


def test_sequences_of_a_fasta(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "two.fa").write_text(">one\nACGTACGTACGT\nACGTACGTACGT\n>two\n" + "N" * WIDTH + "\n")
    _, found = design(whole, tmp_path / "out", Request(MAX, start=str(tmp_path / "two.fa"), rounds=1))
    assert [each.start.name for each in found] == ["one", "two"]
    assert found[0].start.codes.tolist() == [0, 1, 2, 3] * 6
    assert found[1].start.codes.max() <= 3


def test_neighbours_are_all_one_base_away() -> None:
    constraints = Constraints(read_allowed("1-2", "ANNR", 4, None))
    found = neighbours(encode_bases(b"CCCC"), constraints)
    assert ["".join("ACGT"[code] for code in codes) for codes in found] == [
        "ACCC", "CCAC", "CCGC", "CCTC", "CCCA", "CCCG",
    ]  # fmt: skip


def test_terms_of_a_goal() -> None:
    goal = Goal((Term("exp", 1, "max"), Term("acc", None, 2.0), Term("acc", 0, "min")))
    outputs = {"exp": torch.tensor([[[1.0, 2.0], [3.0, 4.0]]]), "acc": torch.tensor([[1.0, 5.0]])}
    values = goal.values(outputs)
    assert values.tolist() == [[3.0, 3.0, 1.0]]
    assert goal.gain(values).tolist() == [3.0 - 1.0 - 1.0]


# ---- what is refused


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"towards": "signals = max"}, "no output `signals`"),
        ({"towards": "signal"}, "`--towards` cannot be `signal`"),
        ({"towards": "signal = nan"}, "cannot be `signal = nan`"),
        ({"towards": "signal = max, signal = min"}, "two goals for `signal`"),
        ({"towards": "signal[0] = max"}, "has no columns"),
        ({"start": "chrIX:1-25"}, "no `chrIX`"),
        ({"start": "chrI:30000-30024"}, "is no stretch of chrI, which has 20,000 bp"),
        ({"start": "none.fa"}, "none.fa"),
        ({"fixed": "5-200"}, "no stretch of a sequence of 24 bp"),
        ({"fixed": "some.bed"}, "no list of intervals"),
        ({"allow": "NNX"}, "the letter `X`"),
        ({"allow": "NNN"}, "has 3 letters, and the sequence 24 bp"),
        ({"gc": "0.7-0.2"}, "`--gc` cannot be"),
        ({"insert": "ACGX", "method": "insertion"}, "neither a file of motifs nor DNA"),
    ],
)
def test_what_is_wrong_is_told(whole: Path, tmp_path: Path, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message.replace("(", r"\(").replace("[", r"\[")):
        designed(whole, tmp_path / "out", **asked)
    assert not (tmp_path / "out").exists()


def test_a_model_without_dna_is_refused(small: Path) -> None:
    from getdsl.compiler.check import check_text
    from getdsl.runs.design.scorer import _inputs

    spec = check_text("model M {\n    input x: [B, 3]\n    output y = x\n}\n").spec
    assert spec is not None
    with pytest.raises(UserError, match="M reads no DNA"):
        _inputs(spec)
    text = "model M {\n input s: onehot[B, L, 4]\n input x: [B, L]\n output y = mean(s, dim = 2) + x\n}\n"
    spec = check_text(text).spec
    assert spec is not None
    with pytest.raises(UserError, match=r"M reads `x: \[B, L\]` beside the sequence"):
        _inputs(spec)


def test_the_command(whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["design", str(whole), "-o", str(tmp_path / "out"), "--towards", MAX, "--length", "24"]
    assert main([*command, "--rounds", "2", "--number", "2"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in said] == ["random1", "random2", str(tmp_path / "out")]
    assert main(command) == 1
    assert "exists already" in capsys.readouterr().err
    assert main([*command, "--overwrite", "--rounds", "0"]) == 1
    assert "`--rounds` cannot be 0" in capsys.readouterr().err
    (tmp_path / "out/mine").write_text("")
    assert main([*command, "--overwrite"]) == 1
    assert "holds more than a design" in capsys.readouterr().err


def test_the_commands_of_the_page_are_commands() -> None:
    page = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    lines = [line.removeprefix("$ ") for line in page.replace("\\\n", "").splitlines()]
    commands = [line for line in lines if line.startswith("getdsl design ")]
    assert len(commands) > 4
    for command in commands:
        parser = argparse.ArgumentParser(exit_on_error=False)
        add_arguments(parser)
        args = parser.parse_args(shlex.split(command)[2:])
        outputs = {name: TensorType((Dim.symbol("B"),)) for name in ("accessibility", "hk", "dev")}
        assert read_goal(args.towards, outputs).terms
