"""Fine-tuning: load, rename, freeze and adapt; evaluate and resume from the checkpoint alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import getdsl
from getdsl.cli import main
from getdsl.diagnostics import SpecError, UserError
from getdsl.runs.opened.options import Options
from getdsl.runs.run_folder.checkpoint import LAST, read_checkpoint
from getdsl.runs.training.lightning_module import SpecModule
from getdsl.runs.training.train import train
from tests.lower.test_emit import assert_same_outputs, assert_same_weights
from tests.runs.conftest import checked, write_small
from tests.runs.test_resume import CrashError, crash_after

MODEL = """
model Base {
    input sequence: onehot[B, L, 4]
    scanner = sequence
           -> MotifScanner(6, kernel_size = 5, learnable = true, include_reverse_complement = false)
    pooled  = scanner -> SplitPool(full([B, 4], L // 4), pool_method = "mean")
    proj    = pooled -> Linear(8)
    norm    = proj -> BatchNorm(8)
    encoder = norm -> GETTransformer(8, 2, 7, drop_path_rate = 0.2)
    dropped = relu(mean(encoder, dim = 1)) -> Dropout(0.2)
    head    = dropped -> Linear(1)
    output signal = squeeze(head, 1)
}
"""
REST = """
data {
    genome     = "small.fa"
    regions    = Regions("small.tsv")
    batch {
        sequence  = Sequence(length = 24)
        cut_sites = Column("cut_sites")
    }
    hold_out   = { chromosomes = ["chrIII"] }
    validation = { chromosomes = ["chrII"] }
}
loss    { signal = MSE(signal, log2(batch.cut_sites + 1)) }
metrics { signal = [pearson, mse] }
optimizer = AdamW(lr = 1e-2, weight_decay = 0.1, layer_decay = 0.75)
train { epochs = 2 batch_size = 16 }
"""
DIRECTIVES = """
load "old.pth" {
    key    = "model"
    rename { "blocks." -> "encoder.blocks."  "fc_norm." -> "encoder.norm." }
    drop   = ["head.*"]
    new    = [head]
}
lora {
    on      = [encoder.blocks[5..7], scanner]
    rank    = { "scanner" = 2, "encoder" = 4 }
    alpha   = 8
    dropout = 0.1
}
freeze = [encoder.blocks[0..6], norm, proj]
"""
FROZEN = ("proj.", "norm.", *(f"encoder.blocks.{number}." for number in range(6)))
ADAPTED = ("scanner.motif.0.weight", "encoder.blocks.5.mlp.fc1.weight", "encoder.blocks.6.attn.qkv.weight")


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The spec `tune.get` beside its data and the checkpoint that it loads, by GET's old names."""
    folder = tmp_path_factory.mktemp("finetune")
    write_small(folder)
    (folder / "base.get").write_text(MODEL + REST)
    (folder / "tune.get").write_text(MODEL + DIRECTIVES + REST)
    state = getdsl.compile(folder / "base.get", seed=7).state_dict()
    state["norm.running_mean"] += 0.5
    old = {
        name.replace("encoder.blocks.", "blocks.").replace("encoder.norm.", "fc_norm."): tensor
        for name, tensor in state.items()
    }
    torch.save({"model": old, "epoch": 3}, folder / "old.pth")
    save_file(state, folder / "base.safetensors")
    return folder


@pytest.fixture(scope="session")
def tuned(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a whole run, and what it printed."""
    log, out = StringIO(), tmp_path_factory.mktemp("tuned") / "run"
    train(checked(folder / "tune.get"), out, Options(threads=1, device="cpu"), log)
    return out, log.getvalue()


def figures(folder: Path) -> Any:
    return json.loads((folder / "metrics.json").read_text())["model"]


def test_what_is_printed(tuned: tuple[Path, str]) -> None:
    state = load_file(tuned[0] / "weights.safetensors")
    base = {name: tensor.numel() for name, tensor in state.items() if ".lora_" not in name}
    fresh = sum(tensor.numel() for tensor in state.values()) - sum(base.values())
    buffers = sum(base[f"norm.{name}"] for name in ("running_mean", "running_var", "num_batches_tracked"))
    still = {name for name in base if name.startswith(FROZEN) or f"{name}.lora_A" in state}
    total = sum(base.values()) - buffers + fresh
    trained = fresh + sum(size for name, size in base.items() if name not in still)
    assert tuned[1].splitlines()[0] == (
        f"{trained:,} of {total:,} parameters are trained; {len(base) - 2} tensors loaded, 9 weights adapted"
    )


def test_what_is_frozen_is_as_it_was_loaded(folder: Path, tuned: tuple[Path, str]) -> None:
    base, state = load_file(folder / "base.safetensors"), load_file(tuned[0] / "weights.safetensors")
    still = {name for name in base if torch.equal(base[name], state[name])}
    assert {name for name in base if name.startswith(FROZEN)} <= still
    assert {name for name in base if f"{name}.lora_A" in state} <= still
    assert set(ADAPTED) <= still
    moved = set(base) - still
    assert {"head.weight", "encoder.norm.weight", "encoder.blocks.6.attn.proj.bias"} <= moved
    assert all(state[f"{name}.lora_B"].abs().max() > 0 for name in ADAPTED)
    assert state["scanner.motif.0.weight.lora_A"].shape == (2, 20)


def test_the_record_says_what_was_loaded(tuned: tuple[Path, str]) -> None:
    record = read_checkpoint(tuned[0]).record
    (loaded,) = record["loaded"]
    assert loaded["location"].endswith("old.pth")
    assert loaded["tensors"] > 90
    assert record["adaptation"]["adapters"]["scanner.motif.0.weight"] == {
        "rank": 2,
        "alpha": 8.0,
        "dropout": 0.1,
    }
    assert "encoder.blocks.5" not in record["adaptation"]["frozen_parts"]
    assert "encoder.blocks.4" in record["adaptation"]["frozen_parts"]


def test_evaluate_and_resume_need_no_file_that_was_loaded(
    folder: Path,
    tuned: tuple[Path, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A run that crashes, whose checkpoint is then gone, ends as the one that did not."""
    out, old = tmp_path / "run", folder / "old.pth"
    command = ["train", str(folder / "tune.get"), "-o", str(out), "--threads", "1", "--device", "cpu"]
    with monkeypatch.context() as patch:
        crash_after(7, patch)
        with pytest.raises(CrashError):
            train(checked(folder / "tune.get"), out, Options(threads=1, device="cpu"), StringIO())
    hidden = old.rename(old.with_name("hidden"))
    try:
        assert main([*command, "--resume"]) == 0
        assert main(["evaluate", str(out), "--threads", "1", "--device", "cpu", "--format", "json"]) == 0
    finally:
        hidden.rename(old)
    printed = capsys.readouterr()
    assert "all from the last checkpoint, 9 weights adapted" in printed.err
    assert figures(out) == figures(tuned[0])
    measured = json.loads(printed.out[printed.out.index("{\n") :])
    assert measured["model"] == pytest.approx(figures(tuned[0]))
    left, right = (load_file(each / "weights.safetensors") for each in (out, tuned[0]))
    assert all(torch.equal(left[name], right[name]) for name in right)


def test_a_changed_directive_is_another_run(folder: Path, tuned: tuple[Path, str]) -> None:
    for setting, message in (("lora.alpha=4", "`lora.alpha` was 8 and is 4"), ('load.0.key="x"', "load.0")):
        with pytest.raises(UserError, match=message):
            train(checked(folder / "tune.get", setting), tuned[0], Options(resume=True), StringIO())


def test_the_adapter_over_the_base_is_the_tuned_model(
    folder: Path, tuned: tuple[Path, str], tmp_path: Path
) -> None:
    spec = tmp_path / "adapter.get"
    adapter = tuned[0] / "adapter.safetensors"
    spec.write_text(
        f'{MODEL}\nload "{folder / "base.safetensors"}" {{ drop = ["head.*"]  new = [head] }}\n'
        f'lora {{ adapter = "{adapter}" }}\n'
    )
    base_size = (folder / "base.safetensors").stat().st_size
    assert adapter.stat().st_size < base_size
    full = tmp_path / "full.get"
    lora = "lora { on = [encoder.blocks[5..7], scanner] }"
    full.write_text(f'{MODEL}\nload "{tuned[0] / "best.safetensors"}" {{}}\n{lora}\n')
    whole, adapted = getdsl.compile(full, seed=0), getdsl.compile(spec, seed=11)
    assert_same_weights(adapted.state_dict(), whole.state_dict())
    sequence = whole.dummy_batch(seed=4, B=5, L=24)["sequence"]
    outputs = [each.module.eval()(sequence=sequence) for each in (adapted, whole)]
    assert_same_outputs(*outputs)


def test_evaluate_with_an_adapter_over_the_base(
    folder: Path, tuned: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run that loads the base and takes no step, measured with the adapters of another run."""
    spec, out = tmp_path / "base.get", tmp_path / "run"
    for name in ("small.tsv", "small.fa"):
        (tmp_path / name).symlink_to(folder / name)
    load = f'load "{folder / "base.safetensors"}" {{}}\nfreeze = [norm]'
    spec.write_text(MODEL + load + REST.replace("lr = 1e-2", "lr = 1e-30"))
    settings = ["--set", "train.epochs=1", "--threads", "1", "--device", "cpu"]
    assert main(["train", str(spec), "-o", str(out), "--quiet", *settings]) == 0
    capsys.readouterr()
    measure = ["evaluate", str(out), "--threads", "1", "--device", "cpu", "--format", "json"]
    assert main([*measure, "--adapter", str(tuned[0] / "adapter.safetensors")]) == 0
    assert json.loads(capsys.readouterr().out)["model"] == pytest.approx(figures(tuned[0]))
    assert main(["evaluate", str(tuned[0] / "adapter.safetensors")]) == 1
    assert "holds adapters without the model" in capsys.readouterr().err


def test_norms_in_frozen_parts_stay_through_lightning_s_switches(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, bool, bool]] = []
    steps = {"train": SpecModule.training_step, "validation": SpecModule.validation_step}

    def watched(name: str) -> Callable[..., Any]:
        def step(self: SpecModule, batch: Any, index: int) -> Any:
            modes = [self.model.get_submodule(part).training for part in ("norm", "dropped")]
            seen.append((name, modes[0], modes[1]))
            return steps[name](self, batch, index)

        return step

    for name in steps:
        monkeypatch.setattr(SpecModule, f"{'training' if name == 'train' else name}_step", watched(name))
    train(checked(folder / "tune.get"), tmp_path / "run", Options(threads=1, device="cpu"), StringIO())
    assert set(seen) == {("train", False, True), ("validation", False, False)}


@pytest.mark.parametrize(
    ("directives", "message"),
    [
        ("freeze = [scanner, proj, norm, encoder, head]", "nothing to train: all of its weights are frozen"),
        ('load "absent.safetensors" {}', "absent.safetensors"),
        ('load "base.safetensors" { new = [head] }', "head"),
        ("freeze = [encodr]", "encodr"),
        ("lora { on = [norm] }", "norm"),
    ],
)
def test_what_cannot_start_leaves_nothing(
    directives: str, message: str, folder: Path, tmp_path: Path
) -> None:
    spec = folder / "wrong.get"
    spec.write_text(MODEL + directives + REST)
    with pytest.raises((SpecError, UserError, AssertionError), match=message):
        train(checked(spec), tmp_path / "run", Options(threads=1, device="cpu"), StringIO())
    assert not (tmp_path / "run").exists()


def test_train_only_is_freeze_of_the_rest(folder: Path, tmp_path: Path) -> None:
    spec = folder / "only.get"
    spec.write_text(MODEL + 'load "base.safetensors" {}\ntrain_only = [head]\n' + REST)
    train(checked(spec, "train.epochs=1"), tmp_path / "run", Options(threads=1, device="cpu"), StringIO())
    base, state = load_file(folder / "base.safetensors"), load_file(tmp_path / "run/weights.safetensors")
    assert {name for name in base if not torch.equal(base[name], state[name])} == {"head.weight", "head.bias"}


def test_the_last_checkpoint_holds_the_base_under_its_own_names(tuned: tuple[Path, str]) -> None:
    weights: dict[str, Tensor] = dict(read_checkpoint(tuned[0] / LAST).weights)
    assert not any("parametrizations" in name for name in weights)
    assert {f"{name}.lora_A" for name in ADAPTED} <= weights.keys()
