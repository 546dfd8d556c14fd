"""A compiled spec in Python: printed, copied, moved, called, saved, and taken apart for other libraries."""

from __future__ import annotations

import copy
import os
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import getdsl
from getdsl.compiler.lower.repeats import imported
from getdsl.diagnostics import SpecError, UserError

SPECS = Path(__file__).parent.parent.parent / "specs"
TEXT = """
model Small {
    input dna: onehot[B, L, 4]
    motifs  = dna -> MotifScanner(num_motif = 5, kernel_size = 7, learnable = true)
    bins    = motifs -> SplitPool(full([B, L // 10], 10), pool_method = "mean")
    hidden  = relu(bins -> Linear(8))
    gates   = sigmoid(hidden -> Linear(8)) * softmax(hidden, dim = -1)
    bent    = tanh(hidden -> Linear(8))
    soft    = softplus(hidden -> Linear(8))
    head    = (gates + bent + soft) -> Linear(1)
    output exp = mean(head, dim = [1, 2])
    output all = squeeze(head, -1)
}
loss { exp = MSE(exp, batch.exp) }
"""
SMALL = {"embed_dim": 16, "num_heads": 2, "num_layers": 2, "num_motif": 6}


@pytest.fixture
def model() -> getdsl.Compiled:
    return getdsl.compile_text(TEXT, seed=0)


def test_a_text_is_checked_and_compiled() -> None:
    assert getdsl.check_text(TEXT).ok
    assert not getdsl.check_text("model M { output y = }").ok
    with pytest.raises(SpecError, match="GET102"):
        getdsl.compile_text("model M { output y = }")
    text = 'block E { input x: [..., 4]\n output y: [..., 4]\n extern "os:getcwd" }\n'
    text += "model M { input x: [S, 4]\n e = x -> E\n output y = e }"
    with pytest.raises(UserError, match="the spec names Python code outside the library"):
        getdsl.compile_text(text, trust=[])


def test_it_is_shown_for_people(model: getdsl.Compiled) -> None:
    for name in ("motifs.motif.0.weight", "head.bias"):
        dict(model.named_parameters())[name].requires_grad_(False)
    assert repr(model) == (
        "Small: 563 weights, 281 of them frozen; cpu, training mode\n"
        "inputs\n  dna: onehot[B, L, 4]\noutputs\n  exp: [B]\n  all: [B, L // 10]"
    )


def test_it_is_called_on_a_batch(model: getdsl.Compiled) -> None:
    batch = model.dummy_batch(seed=1, B=3, L=50)
    outputs = model(batch)
    assert {name: tuple(tensor.shape) for name, tensor in outputs.items()} == {"exp": (3,), "all": (3, 5)}
    expected = model.module(**model.prepare(batch))
    assert all(torch.equal(outputs[name], expected[name]) for name in expected)
    assert model.loss(outputs, batch)["total"].isfinite()


@pytest.mark.parametrize("spec", ["my_model.get", "quickstart.get"])
def test_a_copy_is_of_its_own(spec: str) -> None:
    model = getdsl.compile(SPECS / spec, params=SMALL if spec == "my_model.get" else None, seed=0).eval()
    batch = model.dummy_batch()
    before = {name: tensor.clone() for name, tensor in model(batch).items()}
    losses = model.loss(model(batch), batch)
    made = copy.deepcopy(model)
    assert made.spec is model.spec
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.zero_()
    assert all(torch.equal(tensor, before[name]) for name, tensor in model(batch).items())
    assert not all(torch.equal(tensor, before[name]) for name, tensor in made(batch).items())
    assert made.loss(made(batch), batch)["total"] != losses["total"]


def test_a_copy_keeps_adapters_and_what_is_frozen(tmp_path: Path) -> None:
    text = TEXT + "lora { on = [hidden] rank = 2 alpha = 4 }\nfreeze = [motifs]\n"
    made = copy.deepcopy(getdsl.compile_text(text, seed=0))
    assert made.adaptation.adapters.keys() == {"hidden.weight"}
    names = {name for name, parameter in made.named_parameters() if parameter.requires_grad}
    assert "motifs.motif.0.weight" not in names
    assert any(name.endswith("lora_A") for name in names)
    made.merge_adapters()


def test_it_is_moved_with_its_stages(model: getdsl.Compiled) -> None:
    batch = model.dummy_batch()
    model.loss(model(batch), batch)
    assert model.to(torch.float64) is model
    assert all(parameter.dtype == torch.float64 for parameter in model.parameters())
    inputs = {name: tensor.double() for name, tensor in batch.items()}
    assert model.loss(model(inputs), inputs)["total"].isfinite()
    assert model.to("meta").device.type == "meta"


WEIGHTED = """
import torch

class Weighted(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("factor", torch.tensor([2.0]))

    def forward(self, y, target):
        return ((y - target) ** 2 * self.factor).mean()
"""


def test_a_loss_with_a_buffer_of_its_own_comes_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weighted_loss.py").write_text(WEIGHTED)
    monkeypatch.syspath_prepend(tmp_path)
    model = getdsl.compile_text(
        "block Weighted { input y: [B]\n input target: [B]\n output z: []\n buffer factor: [1]\n"
        ' extern "weighted_loss:Weighted" }\n'
        "model M { input x: [B, 4]\n h = x -> Linear(1)\n output y = squeeze(h, 1) }\n"
        "loss { y = Weighted(y, batch.target) }",
        trust=True,
        seed=0,
    )
    batch = model.dummy_batch()
    assert model.loss(model(batch), batch)["total"].device.type == "cpu"
    batch = {name: tensor.to("meta") for name, tensor in batch.items()}
    outputs = model.to("meta")(batch)
    assert model.loss(outputs, batch)["total"].device.type == "meta"


def test_modes_are_set(model: getdsl.Compiled) -> None:
    assert model.eval() is model
    assert not model.module.training
    assert model.train().module.training


def test_parameters_are_named_as_in_the_state_dict(model: getdsl.Compiled) -> None:
    assert {name for name, _ in model.named_parameters()} <= model.state_dict().keys()
    assert len(list(model.parameters())) == len(list(model.named_parameters()))


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002])
def test_it_is_saved_in_files_of_one_mode(mask: int, tmp_path: Path) -> None:
    model = getdsl.compile_text(TEXT + "lora { on = [head] rank = 1 alpha = 1 }", seed=0)
    before = os.umask(mask)
    try:
        model.save(tmp_path / "out")
    finally:
        os.umask(before)
    files = sorted((tmp_path / "out").iterdir())
    assert [path.name for path in files] == [
        "adapter.safetensors", "manifest.json", "model.py", "weights.safetensors"
    ]  # fmt: skip
    assert {path.stat().st_mode & 0o777 for path in files} == {0o666 & ~mask}
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o777 & ~mask
    batch = model.eval().dummy_batch()
    written = imported(tmp_path / "out/model.py").load(tmp_path / "out")
    torch.testing.assert_close(written(**model.prepare(batch))["exp"], model(batch)["exp"])


# ---- one output


def test_a_module_of_one_output(model: getdsl.Compiled) -> None:
    batch = model.eval().dummy_batch()
    for name, expected in model(batch).items():
        module = model.for_output(name)
        assert isinstance(module, nn.Module)
        found = module(batch["dna"])
        assert isinstance(found, Tensor)
        torch.testing.assert_close(found, expected)
    with pytest.raises(UserError, match="has no output `exq`") as caught:
        model.for_output("exq")
    assert "`exp`" in str(caught.value.help)


def test_it_shares_weights_and_leaves_the_model_as_it_is(model: getdsl.Compiled) -> None:
    module = model.for_output("exp")
    assert model.module.training
    assert not module.training
    weight = dict(model.named_parameters())["head.weight"]
    with torch.no_grad():
        weight.fill_(3.0)
    assert torch.equal(module.get_parameter("head.weight"), weight)


def test_adapters_are_merged_in_it() -> None:
    model = getdsl.compile_text(TEXT + "lora { on = [head] rank = 1 alpha = 1 dropout = 0.5 }", seed=0).eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora" in name:
                parameter.fill_(0.5)
    batch = model.dummy_batch()
    module = model.for_output("exp")
    torch.testing.assert_close(module(batch["dna"]), model(batch)["exp"])
    assert "head.weight.lora_A" in model.state_dict()


@pytest.mark.parametrize("name", ["exp", "hic"])
def test_a_model_of_the_specs(name: str) -> None:
    model = getdsl.compile(SPECS / "my_model.get", params=SMALL, seed=0).eval()
    batch = model.dummy_batch()
    inputs = model.prepare(batch)
    torch.testing.assert_close(model.for_output(name)(**inputs), model(batch)[name], rtol=1e-4, atol=1e-5)


def test_its_motif_file_may_be_gone(tmp_path: Path) -> None:
    from tests.lower.test_emit import quickstart_without_its_motif_file

    model = quickstart_without_its_motif_file(tmp_path).eval()
    batch = model.dummy_batch()
    torch.testing.assert_close(
        model.for_output("accessibility")(batch["sequence"]), model(batch)["accessibility"]
    )


def test_it_can_be_exported(model: getdsl.Compiled) -> None:
    batch = model.dummy_batch(B=2, L=100)
    module = model.for_output("exp")
    program = torch.export.export(module, (batch["dna"],))
    torch.testing.assert_close(program.module()(batch["dna"]), module(batch["dna"]))


def test_gradients_reach_the_dna(model: getdsl.Compiled) -> None:
    dna = model.dummy_batch()["dna"].requires_grad_()
    model.for_output("exp")(dna).sum().backward()
    assert dna.grad is not None
    assert bool(dna.grad.any())


@pytest.mark.filterwarnings("ignore:Input Tensor", "ignore:Setting forward")  # captum says what it does
def test_deep_lift_adds_up() -> None:
    """Attributions of all bases sum to the difference that they make, which plain gradients do not."""
    attr = pytest.importorskip("captum.attr")
    model = getdsl.compile_text(TEXT.replace("softmax(hidden, dim = -1)", "2.0"), seed=0).to(torch.float64)
    module = model.for_output("exp")
    dna = model.dummy_batch(B=2, L=100)["dna"].double()
    baseline = torch.full_like(dna, 0.25)
    found, delta = attr.DeepLift(module).attribute(dna, baseline, return_convergence_delta=True)
    difference = (module(dna) - module(baseline)).detach()
    assert float(difference.abs().min()) > 0.05
    assert float(delta.abs().max()) < 1e-12
    torch.testing.assert_close(found.sum((1, 2)), difference)
