"""Each spec against the same model in plain PyTorch: outputs, loss and gradients on ragged batches."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import getdsl
from tests.specs.batches import batch_for
from tests.specs.models import FEATURES, MODELS, MOTIFS, Plain
from tests.specs.plain import Weights

SPECS = Path(__file__).parents[2] / "specs" / "get"


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def randomise(module: nn.Module, seed: int = 0) -> None:
    """Weights and buffers that leave nothing at a value where a slip would not show."""
    random = torch.Generator().manual_seed(seed)
    for name, tensor in module.state_dict().items():
        if not tensor.is_floating_point() or name.endswith("pos_embed.pe"):
            continue
        drawn = torch.randn(tensor.shape, generator=random) * 0.3
        if "running_var" in name or "running_max" in name:
            drawn = drawn.abs() + 0.4
        elif "norm" in name and name.endswith("weight"):
            drawn = drawn + 1
        tensor.copy_(drawn)


def trial(name: str, absent: tuple[str, ...] = ()) -> tuple[Plain, getdsl.Compiled, dict[str, Tensor]]:
    plain = MODELS[name]
    compiled = getdsl.compile(SPECS / f"{name}.get", params=plain.params)
    compiled.module.eval()
    randomise(compiled.module)
    batch = batch_for(plain.kind, FEATURES, MOTIFS)
    return plain, compiled, {key: value for key, value in batch.items() if key not in absent}


def test_all_specs_are_held() -> None:
    assert {path.stem for path in SPECS.glob("*.get")} == MODELS.keys()


@pytest.mark.parametrize("name", MODELS)
def test_against_plain_pytorch(name: str) -> None:
    hold(*trial(name))


@pytest.mark.parametrize(
    ("name", "absent"),
    [
        ("region_finetune_exp_hic_abc", "hic_matrix"),
        ("region_finetune_hic_oe", "hic_matrix"),
        ("region_finetune_exp_hic_axial", "hic_matrix"),
        ("nucleotide_region_finetune_exp_hic_abc", "hic_matrix"),
        ("nucleotide_region_finetune_exp_hic_axial", "hic_matrix"),
        ("nucleotide_region_finetune_atac", "region_motif"),
    ],
)
def test_without_an_optional_key(name: str, absent: str) -> None:
    hold(*trial(name, (absent,)))


def test_a_flat_matrix_is_no_matrix() -> None:
    plain, compiled, batch = trial("region_finetune_exp_hic_abc")
    hold(plain, compiled, batch | {"hic_matrix": torch.zeros(3)})


def hold(plain: Plain, compiled: getdsl.Compiled, batch: dict[str, Tensor]) -> None:
    state = {key: tensor.detach().clone() for key, tensor in compiled.module.state_dict().items()}
    trained = {key: p for key, p in compiled.module.named_parameters() if p.requires_grad}
    for key in trained:
        state[key].requires_grad_()
    weights = Weights(state)
    given = {key: value.clone() for key, value in batch.items()}

    outputs = compiled.module(**compiled.prepare(batch))
    want = plain.forward(weights, given)
    assert outputs.keys() == want.keys()
    for key, tensor in want.items():
        torch.testing.assert_close(outputs[key], tensor, rtol=1e-6, atol=1e-6, msg=named(key))
    loss = compiled.loss(outputs, batch)
    want_loss = plain.loss(weights, want, given)
    assert loss.keys() - {"total"} == want_loss.keys()
    for key, tensor in want_loss.items():
        torch.testing.assert_close(loss[key], tensor, rtol=1e-6, atol=1e-6)
    total = torch.stack(list(want_loss.values())).sum()
    torch.testing.assert_close(loss["total"], total, rtol=1e-6, atol=1e-6)
    for key, value in batch.items():
        assert torch.equal(value, given[key]), f"{key} was changed"

    loss["total"].backward()
    total.backward()
    for key, parameter in trained.items():
        none = torch.zeros_like(parameter)
        got, grad = (none if found is None else found for found in (parameter.grad, state[key].grad))
        torch.testing.assert_close(got, grad, rtol=1e-6, atol=1e-6, msg=named(key))
    # modules that only the loss applies, and only for some batches
    unused = [key for key in state if key not in weights.used]
    assert not [key for key in unused if not key.startswith(("distance_contact_map.", "region_embed."))]


def named(key: str) -> Callable[[str], str]:
    return lambda text: f"{key}: {text}"
