"""`show`, `compile` and `predict` of a checkpoint, which need nothing else."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import zarr
from safetensors.torch import load_file

from getdsl.cli import main
from getdsl.diagnostics import UserError
from getdsl.runs.opened.options import Options
from getdsl.runs.predict.predict import predict
from getdsl.runs.predict.writer import PredictionWriter
from getdsl.runs.run_folder.checkpoint import BEST, LAST, Checkpoint, read_checkpoint, write_checkpoint
from getdsl.runs.training.lightning_module import SpecModule
from tests.runs.conftest import SPEC, write_small

MACHINE = ("--device", "cpu", "--threads", "1")
Capsys = pytest.CaptureFixture[str]


def cli(capsys: Capsys, *arguments: str | Path) -> tuple[int, str, str]:
    code = main([str(item) for item in arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


# -- show


def test_show_says_what_a_checkpoint_was_made_from(whole: Path, capsys: Capsys) -> None:
    code, out, err = cli(capsys, "show", whole)
    assert (code, err) == (0, "")
    checkpoint = read_checkpoint(whole / BEST)
    record = checkpoint.record
    assert checkpoint.header is not None
    for expected in (
        str(whole / BEST),
        str(checkpoint.header.sha256),
        record["spec"]["sha256"],
        record["data"]["sha256"],
        record["data"]["path"],
        f"of epoch {record['best']['epoch']}, the best one, val_loss",
        f"torch {torch.__version__}",
        "6 tensors, 191 values",
        "train.batch_size = 16",
    ):
        assert expected in out
    assert re.search(r"^seed +0$", out, re.M)
    described = out.partition("\n\n")[0].splitlines()
    assert max(len(line) for line in described if ".zarr" not in line and ".safetensors" not in line) <= 100
    assert "`train --resume` goes on from it" in cli(capsys, "show", whole / LAST)[1]


@pytest.mark.parametrize("stage", ["ast", "graph", "fused", "fx"])
def test_show_stages_of_the_spec_inside(stage: str, small: Path, whole: Path, capsys: Capsys) -> None:
    _, of_spec, _ = cli(capsys, "show", small, "--stage", stage)
    code, of_checkpoint, _ = cli(capsys, "show", whole, "--stage", stage)
    assert code == 0
    assert of_checkpoint == of_spec


def test_show_takes_settings(whole: Path, capsys: Capsys) -> None:
    assert (
        "train.batch_size = 4  # set from outside"
        in cli(capsys, "show", whole, "--set", "train.batch_size=4")[1]
    )
    code, _, err = cli(capsys, "show", whole, "--set", "train.bach_size=4")
    assert code == 1
    assert "did you mean" in err
    code, _, err = cli(capsys, "show", whole, "--model", "Small")
    assert code == 1
    assert "`--model` does not apply" in err


def test_show_of_files_that_no_run_wrote(tmp_path: Path, capsys: Capsys) -> None:
    torch.save({"state_dict": {"a.w": torch.zeros(2, 3)}, "epoch": 1}, tmp_path / "x.get")
    code, out, _ = cli(capsys, "show", tmp_path / "x.get")  # told by its content
    assert code == 0
    assert "taken off   `state_dict`" in out
    assert "ignored     `epoch`" in out
    assert "a.w  f32   [2, 3]" in out


def test_a_spec_whose_ninth_letter_is_a_brace_is_a_spec(tmp_path: Path, capsys: Capsys) -> None:
    path = tmp_path / "x.get"
    path.write_text("model X {\n    input x: [B, 4]\n    output y = relu(x)\n}\n")
    assert path.read_bytes()[8:9] == b"{"
    assert cli(capsys, "show", path)[1].startswith("model X")


@pytest.mark.parametrize("command", ["show", "compile", "predict"])
def test_bad_checkpoints(command: str, whole: Path, tmp_path: Path, capsys: Capsys) -> None:
    output = () if command == "show" else ("-o", tmp_path / "out")
    content = (whole / BEST).read_bytes()
    (tmp_path / "cut").write_bytes(content[:-5])
    (tmp_path / "flipped").write_bytes(content[:-1] + bytes([content[-1] ^ 4]))
    write_checkpoint(tmp_path / "bare", Checkpoint({"seed": 0}, {"w": torch.zeros(2)}))
    (tmp_path / "empty").mkdir()
    for name, sentence in (
        ("cut", "is truncated"),
        ("flipped", "does not fit its hash"),
        ("empty", "without a checkpoint|there is no checkpoint"),
        ("absent", "no such file|no checkpoint|does not exist|cannot read|there is no"),
    ):
        code, _, err = cli(capsys, command, tmp_path / name, *output)
        assert code == 1, name
        assert re.search(sentence, err), (name, err)
        assert "Traceback" not in err
        assert not (tmp_path / "out").exists()
    if command != "show":
        code, _, err = cli(capsys, command, tmp_path / "bare", *output)
        assert code == 1
        assert "holds no spec" in err


def test_loaded_files_are_on_record_with_their_hash(
    tmp_path: Path, whole: Path, run: Callable[..., Any], capsys: Capsys
) -> None:
    write_small(tmp_path)
    base = tmp_path / "base.safetensors"
    shutil.copy(whole / "weights.safetensors", base)
    (tmp_path / "small.get").write_text(f'load "{base.name}" {{}}\n{SPEC}', encoding="utf-8")
    run(tmp_path / "run", "train.epochs=1", spec=tmp_path / "small.get")
    [loaded] = read_checkpoint(tmp_path / "run" / BEST).record["loaded"]
    assert loaded["location"] == str(base)
    assert loaded["sha256"] == hashlib.sha256(base.read_bytes()).hexdigest()
    base.unlink()  # it is in the checkpoint now
    code, out, _ = cli(capsys, "show", tmp_path / "run")
    assert code == 0
    assert loaded["sha256"] in out
    assert cli(capsys, "predict", tmp_path / "run", "-o", tmp_path / "p", *MACHINE)[0] == 0
    assert cli(capsys, "compile", tmp_path / "run", "-o", tmp_path / "c")[0] == 0


# -- compile


def test_compile_needs_the_checkpoint_alone(
    tmp_path: Path, run: Callable[..., Any], capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    write_small(project)
    (project / "small.get").write_text(SPEC, encoding="utf-8")
    run(tmp_path / "run", "train.epochs=1", spec=project / "small.get")
    weights = load_file(tmp_path / "run" / "weights.safetensors")
    (tmp_path / "run" / BEST).rename(tmp_path / "alone")
    shutil.rmtree(project)
    shutil.rmtree(tmp_path / "run")
    code, out, _ = cli(capsys, "compile", tmp_path / "alone", "-o", tmp_path / "package")
    assert code == 0
    assert "model.py" in out
    found = load_file(tmp_path / "package" / "weights.safetensors")
    assert found.keys() == weights.keys()
    assert all(torch.equal(found[name], weights[name]) for name in weights)


# -- predict


def rows(folder: Path) -> list[list[str]]:
    return [line.split("\t") for line in (folder / "predictions.tsv").read_text().splitlines()[1:]]


def test_predictions_are_those_of_the_run(whole: Path, tmp_path: Path, capsys: Capsys) -> None:
    code, out, err = cli(capsys, "predict", whole, "-o", tmp_path / "p.zarr", *MACHINE)
    assert (code, err) == (0, "")
    assert "40 samples, the test set" in out
    group = zarr.open_group(tmp_path / "p.zarr", mode="r")
    table = rows(whole)
    np.testing.assert_allclose(group["outputs/signal"][:], [float(row[5]) for row in table], rtol=1e-6)
    assert group["samples/name"][:].tolist() == [row[0] for row in table]
    assert group["samples/start"][:].tolist() == [int(row[2]) for row in table]
    record = read_checkpoint(whole / BEST).record
    assert group.attrs["spec_sha256"] == record["spec"]["sha256"]
    assert group.attrs["data"]["sha256"] == record["data"]["sha256"]
    assert group.attrs["split"] == "test"
    assert len(group.attrs["checkpoint"]["sha256"]) == 64
    json.dumps(dict(group.attrs))


def test_all_samples_whatever_the_batches(whole: Path, tmp_path: Path, capsys: Capsys) -> None:
    cli(capsys, "predict", whole, "-o", tmp_path / "a", "--split", "all", *MACHINE)
    cli(
        capsys,
        "predict",
        whole,
        "-o",
        tmp_path / "b",
        "--split",
        "all",
        "--set",
        "train.batch_size=7",
        *MACHINE,
    )
    cli(capsys, "predict", whole, "-o", tmp_path / "test", *MACHINE)
    a, b, test = (zarr.open_group(tmp_path / name, mode="r") for name in ("a", "b", "test"))
    assert a["samples/index"][:].tolist() == list(range(160))
    np.testing.assert_allclose(a["outputs/signal"][:], b["outputs/signal"][:], rtol=1e-5)
    chosen = test["samples/index"][:]
    np.testing.assert_allclose(a["outputs/signal"][:][chosen], test["outputs/signal"][:], rtol=1e-5)


def test_other_data(whole: Path, tmp_path: Path, capsys: Capsys) -> None:
    """With `--split all`, data without the chromosomes of the run's splits."""
    data = write_small(tmp_path, chrom=np.array(["chrI"] * 160))
    other = f"data.regions.files={json.dumps(str(data))}"
    command = ("predict", whole, "-o", tmp_path / "p", "--set", other, *MACHINE)
    code, _, err = cli(capsys, *command)
    assert code == 1
    assert "chrIII" in err
    code, out, err = cli(capsys, *command, "--split", "all")
    assert code == 0
    assert "160 samples, all samples" in out
    assert "not those that the model was trained on" in err


def test_what_stands_there(whole: Path, tmp_path: Path, capsys: Capsys) -> None:
    command = ("predict", whole, "-o", tmp_path / "p", *MACHINE)
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "thesis.tex").write_text("years of work")
    assert "exists already" in cli(capsys, *command)[2]
    code, _, err = cli(capsys, *command, "--overwrite")
    assert code == 1
    assert "is no predictions" in err
    assert (tmp_path / "p" / "thesis.tex").exists()
    shutil.rmtree(tmp_path / "p")
    assert cli(capsys, *command)[0] == 0
    assert cli(capsys, *command, "--overwrite", "--split", "validation")[0] == 0
    assert zarr.open_group(tmp_path / "p", mode="r").attrs["split"] == "validation"
    assert [item.name for item in tmp_path.iterdir()] == ["p"]


def test_what_breaks_off_leaves_nothing(whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = SpecModule.predict_step

    def broken(self: SpecModule, batch: Any, index: int) -> Any:
        if index == 2:
            raise ValueError("in the middle")
        return step(self, batch, index)

    monkeypatch.setattr(SpecModule, "predict_step", broken)
    with pytest.raises(ValueError, match="in the middle"):
        predict(whole, tmp_path / "p", options=Options(threads=1, device="cpu"))
    assert list(tmp_path.iterdir()) == []


def test_a_signal_leaves_nothing(
    whole: Path, tmp_path: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SpecModule, "predict_step", lambda *args: signal.raise_signal(signal.SIGTERM))
    code, _, err = cli(capsys, "predict", whole, "-o", tmp_path / "p", *MACHINE)
    assert code == 128 + signal.SIGTERM
    assert "nothing was written" in err
    assert list(tmp_path.iterdir()) == []


# -- the writer


def written(tmp_path: Path, parts: list[torch.Tensor], samples: int) -> zarr.Group:
    group = zarr.open_group(tmp_path / "w", mode="w", zarr_format=3)
    writer = PredictionWriter(group, samples, {"y": ("B", "R")}, tmp_path)
    for part in parts:
        writer.add({"y": part}, len(part))
        assert sum(batch["y"].nbytes for batch in writer._waiting) < 4 << 20  # pieces have left the memory
    writer.close()
    return group


def test_batches_of_any_size_are_written_in_order(tmp_path: Path) -> None:
    whole = torch.randn(2000, 3000)
    group = written(tmp_path, list(whole.split(101)), 2000)
    assert np.array_equal(group["outputs/y"][:], whole.numpy())
    assert group["outputs/y"].chunks == (303, 3000)
    assert group["outputs/y"].metadata.dimension_names == ("sample", "R")


def test_bfloat16_becomes_float32(tmp_path: Path) -> None:
    group = written(tmp_path, [torch.ones(3, 2, dtype=torch.bfloat16)], 3)
    assert group["outputs/y"].dtype == np.float32


def test_outputs_that_are_no_array(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"is \[2, 3\] for some samples|is \[3\] for some samples"):
        written(tmp_path, [torch.ones(2, 2), torch.ones(2, 3)], 4)
    writer = PredictionWriter(zarr.open_group(tmp_path / "v", mode="w"), 2, {}, tmp_path)
    with pytest.raises(UserError, match="and not one for each"):
        writer.add({"y": torch.tensor(1.0)}, 2)
