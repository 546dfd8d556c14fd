"""`getdsl interpret` on a run, from its arguments to what stands on disk."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch
import zarr

from getdsl.cli import main
from getdsl.diagnostics import UserError
from getdsl.runs.interpret import libraries
from getdsl.runs.interpret.interpret import interpret, write_interpretation
from getdsl.runs.interpret.request import Request
from getdsl.runs.interpret.store import InterpretationStore
from getdsl.runs.interpret.walk import Piece
from getdsl.runs.opened.options import Options
from getdsl.runs.opened.session import Session
from getdsl.runs.training.train import train
from tests.runs.conftest import checked, write_small

MACHINE = ("--device", "cpu", "--threads", "1")
HERE = Options(threads=1, device="cpu")

WINDOWS = """
model Windowed {
    input signal: [B, R]
    input place: int[B, R, 2]
    proj    = unsqueeze(signal + place[:, :, 0] / 10000, 2) -> Linear(4)
    encoder = proj -> GETTransformer(4, num_heads = 2, num_layers = 1)
    head    = encoder -> Linear(2)
    output exp = head
}
data {
    genome  = "small.fa"
    regions = Regions("small.tsv")
    samples = Windows(size = 4)
    batch {
        signal = Column("cut_sites")
        place  = Coordinates()
        label  = Column("cut_sites")
    }
    hold_out   = { chromosomes = ["chrIII"] }
    validation = { chromosomes = ["chrII"] }
}
loss { exp = MSE(exp[:, :, 0], batch.label) }
train { epochs = 1 }
"""


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run whose samples are windows of four regions."""
    folder = tmp_path_factory.mktemp("windows")
    write_small(folder)
    (folder / "windows.get").write_text(WINDOWS)
    train(checked(folder / "windows.get"), folder / "run", HERE, StringIO())
    return folder


def told(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err


def test_gradients_of_a_run(whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both strands are averaged, as the run's predictions are, and samples keep their names."""
    out = tmp_path / "g.zarr"
    arguments = ["interpret", str(whole), "-o", str(out), "--method", "input_x_gradient", "--limit", "5"]
    assert main([*arguments, "--batch-size", "2", *MACHINE]) == 0
    assert "input_x_gradient of signal, 5 samples of the test set" in capsys.readouterr().out
    group = zarr.open_group(out, mode="r")
    assert list(group["samples/name"][:2]) == ["gene2", "gene6"]
    assert not list(tmp_path.glob(".*"))
    with Session.open(whole, HERE) as session:
        samples = session.indices("test")[:5]
        batch = session.source.batch(samples)
        module = session.compiled.for_output("signal")
        slopes = []
        for dna in (batch["sequence"], batch["sequence"].flip(1, 2)):
            x = dna.clone().requires_grad_()
            slopes.append(torch.autograd.grad(module(x).sum(), x)[0])
    expected = (slopes[0] + slopes[1].flip(1, 2)) / 2
    np.testing.assert_allclose(group["hypothetical/sequence"][...], expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(group["inputs/sequence"][...], batch["sequence"])
    np.testing.assert_allclose(
        group["contributions/sequence"][...], expected * batch["sequence"], rtol=1e-5, atol=1e-7
    )


def test_killed_it_goes_on_to_the_same_bytes(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = Request("gradient", limit=7, batch_size=2)
    write_interpretation(whole, tmp_path / "whole.zarr", request, HERE)
    add, pieces = InterpretationStore.add, []

    def dies(self: InterpretationStore, piece: Piece) -> None:
        if len(pieces) == 2:
            raise KeyboardInterrupt
        pieces.append(piece)
        add(self, piece)

    monkeypatch.setattr(InterpretationStore, "add", dies)
    with pytest.raises(KeyboardInterrupt):
        write_interpretation(whole, tmp_path / "cut.zarr", request, HERE)
    assert not (tmp_path / "cut.zarr").exists()
    monkeypatch.setattr(InterpretationStore, "add", add)
    assert write_interpretation(whole, tmp_path / "cut.zarr", request, HERE).resumed == 4
    one, other = ({path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}
                  for root in (tmp_path / "whole.zarr", tmp_path / "cut.zarr"))  # fmt: skip
    assert one == other
    with pytest.raises(UserError, match="exists already"):
        write_interpretation(whole, tmp_path / "cut.zarr", request, HERE)


def test_what_is_cut_off_is_not_gone_on_with_otherwise(whole: Path, tmp_path: Path) -> None:
    """Another question begins anew."""
    out, attributes = tmp_path / "o.zarr", {"asked": "this"}
    columns = {"index": np.arange(4)}
    store = InterpretationStore(out, attributes, columns, 2)
    store.add(Piece(np.arange(2), {"output": np.ones(2)}))
    assert InterpretationStore(out, attributes, columns, 2).done == 2
    assert InterpretationStore(out, {"asked": "that"}, columns, 2).done == 0


def test_arrays_in_memory(whole: Path) -> None:
    with Session.open(whole, HERE) as session:
        found = interpret(session, Request("ism", genes=("gene6", "gene2")))
    assert list(found["samples/name"]) == ["gene2", "gene6"]
    assert found["changes/sequence"].shape == (2, 24, 4)
    at_base = (found["changes/sequence"] * found["inputs/sequence"]).max()
    assert at_base == 0
    assert found["hypothetical/sequence"].sum(2) == pytest.approx(0, abs=1e-5)


def test_jacobians_of_nodes_and_mutants(windows: Path, tmp_path: Path) -> None:
    """The Jacobian of a wild type and of a mutant without one region, and the model's own numbers."""
    bed = tmp_path / "gone.bed"
    bed.write_text("chrIII\t210\t220\n")
    out = tmp_path / "j.zarr"
    arguments = ["interpret", str(windows / "run"), "-o", str(out), "--method", "jacobian", "--limit", "3"]
    arguments += ["--of", "exp[:, 1:3, 0]", "--wrt", "signal,encoder", "--wrt", "encoder.blocks[0].attn"]
    assert main([*arguments, "--inactivate", str(bed), *MACHINE]) == 0
    group = zarr.open_group(out, mode="r")
    assert group["jacobian/signal"].shape == (3, 2, 4)
    assert group["jacobian/encoder"].shape == (3, 2, 4, 4)
    assert group["mutant_jacobian/encoder.blocks[0].attn"].shape == (3, 2, 2, 4, 4)
    gone = group["inactivated"][...]
    assert gone[0].tolist() == [True, False, False, False]  # chrIII:200-224 begins the first window
    assert not gone[1:].any()
    same = (group["mutant_output"][...] == group["output"][...]).all(axis=1)
    assert same.tolist() == [False, True, True]
    with Session.open(windows / "run", HERE) as session:
        batch = session.source.batch(session.indices("test")[:1])
        batch["signal"][0, 0] = 0
        compiled = session.compiled.eval()
        expected = compiled(batch)["exp"][:, 1:3, 0].detach()
    np.testing.assert_allclose(group["mutant_output"][:1], expected, rtol=1e-5)


def test_attention_maps(windows: Path) -> None:
    with Session.open(windows / "run", HERE) as session:
        request = Request("attention", wrt=("encoder.blocks[0].attn", "signal"), limit=2)
        found = interpret(session, request)
    attention = found["attention/encoder.blocks[0].attn"]
    assert attention.shape == (2, 2, 4, 4)
    np.testing.assert_allclose(attention.sum(-1), 1, rtol=1e-5)


WRONG = [
    (
        ["--method", "gradient", "--wrt", "place"],
        "the input `place` holds integers, to which no gradient leads",
        "ask for `signal`, or for a node that is made of it: `--method jacobian --wrt NODE`",
    ),
    (
        ["--method", "gradient", "--wrt", "encoder"],
        "`encoder` is no input of the model",
        "jacobian --wrt encoder",
    ),
    (["--method", "ism"], "the model reads no DNA, which mutagenesis changes", "ask for `signal`"),
    (["--method", "jacobian"], "`--method jacobian` needs the nodes that are meant", "name some"),
    (["--method", "jacobian", "--wrt", "encodr"], "unknown name `encodr`", "did you mean `encoder`?"),
    (["--method", "jacobian", "--wrt", "encoder[:, 1:]"], "not depend on `encoder[:, 1:]`", "as a whole"),
    (["--method", "attention", "--wrt", "proj.attn"], "the model has no such node in `proj.attn`", ""),
    (["--method", "attention", "--wrt", "x}\noutput y = x"], "is no name of a node", ""),
    (["--method", "gradient", "--of", "exq"], "the model has no output `exq`", "`exp`"),
    (["--method", "gradient", "--genes", "gene2,nobody"], "no sample is called `nobody`", ""),
    (["--method", "gradient", "--limit", "0"], "`--limit 0` is less than 1", ""),
    (["--method", "gradient", "--baseline", "uniform", "--wrt", "signal"], "is no DNA", "--baseline zeros"),
]


@pytest.mark.parametrize(("arguments", "message", "help"), WRONG)
def test_what_cannot_be_asked(
    arguments: list[str],
    message: str,
    help: str,
    windows: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "x.zarr"
    assert main(["interpret", str(windows / "run"), "-o", str(out), *arguments, *MACHINE]) == 1
    error = told(capsys)
    assert message in error
    assert help in error
    assert "bug" not in error
    assert not out.exists()


def test_regions_that_are_no_windows_have_no_mutant(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--method", "jacobian", "--wrt", "scanner", "--inactivate", "x.bed", *MACHINE]
    assert main(["interpret", str(whole), "-o", str(tmp_path / "x.zarr"), *arguments]) == 1
    assert "`--inactivate` takes regions away from windows" in told(capsys)


def test_a_library_that_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="this needs captumm, which is not installed") as caught:
        libraries.library("captumm.attr")
    assert caught.value.help == "run `pip install 'getdsl[interpret]'`"


def test_files_for_modisco(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arrays `arr_0` of [N, 4, L], and a sentence where the program is not there."""
    out = tmp_path / "d.zarr"
    arguments = ["--method", "input_x_gradient", "--limit", "3", "--npz", str(tmp_path / "npz")]
    assert main(["interpret", str(whole), "-o", str(out), *arguments, *MACHINE]) == 0
    group = zarr.open_group(out, mode="r")
    for name, kind in (("ohe", "inputs"), ("shap", "hypothetical")):
        with np.load(tmp_path / f"npz/{name}.npz") as file:
            assert file.files == ["arr_0"]
            np.testing.assert_array_equal(file["arr_0"], group[f"{kind}/sequence"][...].transpose(0, 2, 1))
    capsys.readouterr()
    monkeypatch.setenv("PATH", str(tmp_path))
    arguments = [*arguments[:4], "--overwrite", "--modisco", str(tmp_path / "m")]
    assert main(["interpret", str(whole), "-o", str(out), *arguments, *MACHINE]) == 1
    assert "this needs TF-MoDISco, which is not installed" in told(capsys)
