"""What a user can get wrong: a sentence and a line of help each, never a traceback."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from getdsl.api.compiling import compile
from getdsl.cli import main
from getdsl.compiler.check import check
from getdsl.data.declared import DeclaredData
from getdsl.diagnostics import SpecError, UserError
from getdsl.diagnostics.text import render_text
from getdsl.runs.opened.samples import open_source
from getdsl.runs.run_folder.checkpoint import BEST, LAST, Checkpoint, read_checkpoint, write_checkpoint
from getdsl.runs.training.lightning_module import SpecModule
from tests.runs.conftest import SPEC, write_small


def spec_beside(folder: Path, text: str = SPEC, **changes: Any) -> Path:
    write_small(folder, **changes)
    path = folder / "small.get"
    path.write_text(text, encoding="utf-8")
    return path


def test_absent_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "small.get"
    path.write_text(SPEC, encoding="utf-8")
    assert main(["train", str(path), "-o", str(tmp_path / "run")]) == 1
    error = capsys.readouterr().err
    assert "small.tsv` is not there" in error
    assert "Traceback" not in error
    assert not (tmp_path / "run").exists()


def test_a_file_that_is_no_table_of_regions(run: Callable[..., Any], tmp_path: Path) -> None:
    path = spec_beside(tmp_path)
    (tmp_path / "small.tsv").write_text("nothing\n")
    with pytest.raises(UserError, match="line 1: expected chrom, start and end"):
        run(tmp_path / "run", spec=path)


@pytest.mark.parametrize(
    ("value", "message"),
    [(np.nan, "line 5: 'cut_sites' is nan"), (5.0, "`cut_sites` is 5 in all of 80 training samples")],
)
def test_targets_that_cannot_be_learned(
    value: float, message: str, run: Callable[..., Any], tmp_path: Path
) -> None:
    targets = np.full(160, 5.0, dtype=np.float32)
    targets[3] = value
    with pytest.raises(UserError, match=message):
        run(tmp_path / "run", spec=spec_beside(tmp_path, cut_sites=targets))


def test_constant_targets_in_one_split_are_not_defined(run: Callable[..., Any], tmp_path: Path) -> None:
    """A correlation with a constant is no number; the run goes on."""
    targets = np.arange(160, dtype=np.float32)
    targets[2::4] = 5.0  # chrIII
    report = run(tmp_path / "run", "train.epochs=1", spec=spec_beside(tmp_path, cut_sites=targets))
    assert np.isnan(report.model["pearson"])
    assert np.isfinite(report.model["mse"])
    assert '"pearson": null' in (tmp_path / "run" / "metrics.json").read_text()


def test_loss_that_explodes(run: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"the loss `signal` became (inf|nan) at step \d+ \(epoch \d+\)"
    ) as raised:
        run(tmp_path / "run", "optimizer.lr=1e30")
    assert "learning rate" in (raised.value.help or "")


def test_nan_in_the_data_is_named(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = DeclaredData.batch

    def broken(self: DeclaredData, indices: Any, draws: Any = None) -> dict[str, torch.Tensor]:
        found = batch(self, indices, draws)
        if draws is None:  # what is looked at before the training
            return found
        return found | {"cut_sites": found["cut_sites"] * float("nan")}

    monkeypatch.setattr(DeclaredData, "batch", broken)
    with pytest.raises(UserError, match="step 1 ") as raised:
        run(tmp_path / "run")
    assert "`cut_sites`" in (raised.value.help or "")


def test_nothing_to_train_on(run: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="take all of its 160 samples"):
        run(tmp_path / "run", 'data.hold_out={chromosomes=["chrI", "chrIII", "chrIV"]}')


def test_chromosome_that_is_not_there(run: Callable[..., Any], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="chr4") as raised:
        run(tmp_path / "run", 'data.hold_out={chromosomes=["chr4"]}')
    assert "did you mean chrIV" in (raised.value.help or "")


def refused(spec: Path, *settings: str) -> str:
    """What `check`, and so `train`, says of a spec that it refuses."""
    found = check(spec, settings=settings)
    assert found.spec is None
    return render_text(found.diagnostics)


def test_unknown_monitor(small: Path) -> None:
    assert "did you mean `val_pearson`" in refused(small, 'train.keep={monitor="val_peerson"}')
    assert "`early_stop` watches `val_accuracy`" in refused(
        small, 'train.early_stop={monitor="val_accuracy"}'
    )


def test_monitor_without_validation(tmp_path: Path) -> None:
    text = SPEC.replace('    validation = { chromosomes = ["chrII"] }\n', "")
    spec = spec_beside(tmp_path, text.replace("epochs = 4", 'epochs = 1 keep = { monitor = "val_loss" }'))
    assert "add `validation" in refused(spec)


def test_source_of_one_strand(
    run: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(DeclaredData, "reverse_complement")
    with pytest.raises(SpecError, match="from one strand only"):
        run(tmp_path / "run")
    run(tmp_path / "run", "train.reverse_complement=false", "train.epochs=1", overwrite=True)


@pytest.mark.parametrize("shift", [0, 1])
def test_a_target_that_turns_is_measured_on_its_own_strand(small: Path, shift: int) -> None:
    """A mean over strands is taken only where the target is the same on both."""
    compiled = compile(small)
    source = open_source(compiled.spec)
    batch = source.batch(np.arange(8))
    turned = source.reverse_complement(batch)
    module = SpecModule(compiled, lambda _: turned | {"cut_sites": batch["cut_sites"] + shift}).eval()
    module.on_validation_epoch_start()
    with torch.no_grad():
        module.validation_step(batch, 0)
        one, other = (compiled.module(sequence=each["sequence"])["signal"] for each in (batch, turned))
    expected = one if shift else (one + other) / 2
    np.testing.assert_allclose(module.measured.pairs()["signal"][0], expected.numpy(), rtol=1e-6)
    assert not torch.allclose(one, other)


def test_spec_without_loss_or_data(run: Callable[..., Any], tmp_path: Path) -> None:
    text = SPEC[: SPEC.index("loss ")]
    with pytest.raises(UserError, match="has no `loss`"):
        run(tmp_path / "run", spec=spec_beside(tmp_path, text))
    data, loss = SPEC.index("data {"), SPEC.index("loss ")
    (tmp_path / "small.get").write_text(SPEC[:data] + SPEC[loss : SPEC.index("train {")], encoding="utf-8")
    with pytest.raises(UserError, match="has no `data`"):
        run(tmp_path / "run", spec=tmp_path / "small.get")


def test_python_outside_the_library_needs_trust(run: Callable[..., Any], tmp_path: Path) -> None:
    text = SPEC.replace(
        "model Small", 'block Mine { input x: [B] output: [B] extern "nowhere:Mine" }\nmodel Small'
    ).replace("squeeze(head, 1)", "squeeze(head, 1) -> Mine()")
    with pytest.raises(UserError, match="outside the library"):
        run(tmp_path / "run", spec=spec_beside(tmp_path, text))


def test_baseline_with_a_file_that_is_not_there(run: Callable[..., Any], tmp_path: Path) -> None:
    spec = spec_beside(
        tmp_path, SPEC.replace("epochs = 4", 'epochs = 1 baseline = MotifRidge("absent.meme")')
    )
    with pytest.raises(UserError, match=r"absent\.meme"):
        run(tmp_path / "run", spec=spec)
    assert not (tmp_path / "run" / LAST).exists()  # it is seen before the training, not after it


def test_output_that_cannot_be_a_folder(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="is a file"):
        run(tmp_path / "file")
    with pytest.raises(UserError, match="cannot write in"):
        run(tmp_path / "file" / "run")


# -- a disk that is full


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes, as the system enforces it."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_full_disk_keeps_the_checkpoint_before(tmp_path: Path) -> None:
    path = tmp_path / "last.safetensors"
    write_checkpoint(path, Checkpoint({"number": 1}, {"w": torch.zeros(3)}))
    with (
        full_disk(20_000),
        pytest.raises(UserError, match=r"cannot save .*last\.safetensors.: file too large"),
    ):
        write_checkpoint(path, Checkpoint({"number": 2}, {"w": torch.zeros(100_000)}))
    assert [item.name for item in tmp_path.iterdir()] == ["last.safetensors"]
    assert read_checkpoint(path).record == {"number": 1}


def test_full_disk_while_training(small: Path, run: Callable[..., Any], whole: Path, tmp_path: Path) -> None:
    """The run ends with a sentence, leaves nothing half-written, and goes on when there is room."""
    limit = (whole / LAST).stat().st_size - 1000
    with full_disk(limit), pytest.raises(UserError, match="cannot save") as raised:
        run(tmp_path / "run")
    assert "--resume" in (raised.value.help or "")
    left = {item.name for item in (tmp_path / "run").iterdir()}
    beginning = {"environment.json", "log.txt", "plan.txt", "record.json", "spec.get"}
    assert left <= {BEST, LAST, "history.csv", *beginning}
    run(tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "metrics.json").read_text() == (whole / "metrics.json").read_text()
