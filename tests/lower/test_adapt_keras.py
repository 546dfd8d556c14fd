"""A Keras model's weights in a spec of the same model: it computes what Keras computes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch

import getdsl

GOLDEN = Path(__file__).parents[1] / "golden" / "keras"
MODEL = """model Small {
    input sequence: [B, L, 4]
    stem      = sequence -> Conv1d(6, kernel_size = 5)
    stem_norm = stem -> BatchNorm(6, eps = 1e-3)
    dilated   = relu(stem_norm) -> Conv1d(3, kernel_size = 3, dilation = 2)
    last_norm = dilated -> LayerNorm(3, eps = 1e-3)
    head      = last_norm -> Linear(2)
    output y = head
}
"""
BY_NAME = """
    "re:^(stem|dilated)/kernel$"   -> "\\\\1.weight" permute(2, 1, 0)
    "head/kernel"                  -> "head.weight" permute(1, 0)
    "re:^(\\\\w+)/(bias|beta)$"      -> "\\\\1.bias"
    "re:^(\\\\w+)/gamma$"            -> "\\\\1.weight"
    "stem_norm/moving_mean"        -> "stem_norm.running_mean"
    "stem_norm/moving_variance"    -> "stem_norm.running_var"
"""
BY_NUMBER = """
    "re:^(stem|dilated)/vars/0$"   -> "\\\\1.weight" permute(2, 1, 0)
    "head/vars/0"                  -> "head.weight" permute(1, 0)
    "re:^(\\\\w+_norm)/vars/0$"      -> "\\\\1.weight"
    "re:^(\\\\w+)/vars/1$"           -> "\\\\1.bias"
    "stem_norm/vars/2"             -> "stem_norm.running_mean"
    "stem_norm/vars/3"             -> "stem_norm.running_var"
"""
FILES = {"small.h5": BY_NAME, "small.npz": BY_NAME, "small.weights.h5": BY_NUMBER, "small.keras": BY_NUMBER}


def spec(folder: Path, file: Path, rules: str) -> Path:
    path = folder / "small.get"
    path.write_text(f'{MODEL}load "{file}" {{ rename {{ {rules} }} }}\n')
    return path


@pytest.mark.parametrize("name", FILES)
def test_it_computes_what_keras_computed(name: str, tmp_path: Path) -> None:
    if name != "small.npz":
        pytest.importorskip("h5py", reason="h5py is not installed")
    path = spec(tmp_path, GOLDEN / name, FILES[name])
    plan = getdsl.plan(path)
    assert plan.ok, plan.diagnostics
    assert [item.code for item in plan.diagnostics] == ["GET527"]  # Keras counts no batches
    recorded = np.load(GOLDEN / "outputs.npz")
    module = getdsl.compile(path, seed=1).module.eval()
    with torch.no_grad():
        found = module(torch.from_numpy(recorded["inputs"]))["y"]
    torch.testing.assert_close(found, torch.from_numpy(recorded["outputs"]), rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_it_computes_what_keras_computes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with the Keras that is installed, and other weights."""
    monkeypatch.setitem(os.environ, "KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras", reason="keras is not installed")
    pytest.importorskip("h5py", reason="h5py is not installed")
    model = keras.models.load_model(GOLDEN / "small.keras", compile=False)
    random = np.random.default_rng(3)
    model.set_weights([random.uniform(0.5, 1.5, size=weight.shape) for weight in model.get_weights()])
    model.save_weights(tmp_path / "new.weights.h5")
    inputs = random.normal(size=(2, 30, 4)).astype("f4")[:, :20]
    module = getdsl.compile(spec(tmp_path, tmp_path / "new.weights.h5", BY_NUMBER), seed=1).module.eval()
    with torch.no_grad():
        found = module(torch.from_numpy(inputs))["y"]
    expected = torch.from_numpy(np.asarray(model.predict(inputs, verbose=0)))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


# -- the rule itself, on files of any kind


def plan_of(folder: Path, rule: str, **tensors: torch.Tensor) -> getdsl.Plan:
    torch.save(tensors, folder / "c.pt")
    text = "model M { input x: [B, L, 4]  conv = x -> Conv1d(6, kernel_size = 5)  output y = conv }"
    (folder / "s.get").write_text(f'{text}\nload "c.pt" {{ rename {{ {rule} }} }}\n')
    return getdsl.plan(folder / "s.get")


def test_axes_are_taken_in_the_order_of_the_rule(tmp_path: Path) -> None:
    kernel, bias = torch.randn(5, 4, 6), torch.randn(6)
    plan = plan_of(tmp_path, '"k" -> "conv.weight" permute(2, 1, 0)', k=kernel, **{"conv.bias": bias})
    assert plan.ok, plan.diagnostics
    state = getdsl.compile(tmp_path / "s.get", seed=0).state_dict()
    assert torch.equal(state["conv.weight"], kernel.permute(2, 1, 0))
    assert torch.equal(state["conv.bias"], bias)


@pytest.mark.parametrize(
    ("rule", "shape", "code"),
    [
        ('"k" -> "conv.weight" permute(2, 1, 0)', (6, 4, 5), "GET513"),  # its axes stand right already
        ('"k" -> "conv.weight" permute(1, 0)', (5, 4, 6), "GET513"),  # fewer axes than it has
        ('"k" -> "conv.weight" permute(0, 1, 2)', (5, 4, 6), "GET513"),
        ('"k" -> "conv.weight"', (5, 4, 6), "GET513"),
        ('"k" -> "conv.weight" permute(1, 0)', (6, 4, 5), "GET513"),  # of the right shape, as it is
        ('"k" -> "conv.weight" permute(3, 2, 1, 0)', (5, 4, 6), "GET513"),
        ('"k" -> "conv.other" permute(2, 1, 0)', (5, 4, 6), "GET514"),
    ],
)
def test_an_order_that_does_not_fit(rule: str, shape: tuple[int, ...], code: str, tmp_path: Path) -> None:
    plan = plan_of(tmp_path, rule, k=torch.ones(shape), **{"conv.bias": torch.ones(6)})
    assert [item.code for item in plan.diagnostics if item.severity == "error"] == [code]
