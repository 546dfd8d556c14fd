"""Weights in parts, against what torch makes of the same parts; and those that no reader can put together."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize, spectral_norm, weight_norm

from tests.weights.files import header_of, loaded

pytestmark = pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm`")

LAYERS: dict[str, Callable[[], nn.Module]] = {
    "linear": lambda: nn.Linear(5, 4),
    "square": lambda: nn.Linear(4, 4),
    "one row": lambda: nn.Linear(5, 1),
    "one column": lambda: nn.Linear(1, 5),
    "conv1d": lambda: nn.Conv1d(3, 4, 5),
    "square conv1d": lambda: nn.Conv1d(4, 4, 3),
    "conv2d": lambda: nn.Conv2d(3, 4, (2, 5)),
    "depthwise": lambda: nn.Conv1d(4, 4, 3, groups=4),
    "transposed": lambda: nn.ConvTranspose1d(4, 6, 3),
    "square transposed": lambda: nn.ConvTranspose1d(4, 4, 3),
    "embedding": lambda: nn.Embedding(6, 3),
}
NORMS: dict[str, Callable[[nn.Module], nn.Module]] = {
    "weight norm": weight_norm,
    "weight norm of the second axis": lambda layer: weight_norm(layer, dim=1),
    "weight norm of all": lambda layer: weight_norm(layer, dim=None),
    "weight norm as parametrization": parametrizations.weight_norm,
    "the same of the second axis": lambda layer: parametrizations.weight_norm(layer, dim=1),
    "spectral norm": spectral_norm,
    "spectral norm as parametrization": parametrizations.spectral_norm,
}


def made(norm: str, layer: str) -> tuple[nn.Module, Tensor]:
    """A layer that was trained a little since its parts were made, and its weight in evaluation."""
    torch.manual_seed(len(norm) + len(layer))
    found = NORMS[norm](LAYERS[layer]())
    for _ in range(10):
        weight_of(found)  # in training spectral norm moves its vectors
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.01)
    return found, weight_of(found.eval())


def weight_of(layer: nn.Module) -> Tensor:
    """The weight that the layer computes with, which hooks make before each call."""
    for hook in layer._forward_pre_hooks.values():
        hook(layer, ())
    weight = layer.weight
    assert isinstance(weight, Tensor)
    return weight.detach().clone()


@pytest.mark.parametrize("form", ["torch", "safetensors"])
@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("norm", NORMS)
def test_the_weight_is_torchs_own(norm: str, layer: str, form: str, tmp_path: Path) -> None:
    module, weight = made(norm, layer)
    state = {f"part.{name}": tensor.contiguous() for name, tensor in module.state_dict().items()}
    state["head.weight"] = torch.ones(2)
    torch.save(state, tmp_path / "x") if form == "torch" else save_file(state, tmp_path / "x")
    found = loaded(tmp_path / "x")
    assert set(found) == {"part.weight", "head.weight"} | (
        {"part.bias"} if hasattr(module, "bias") else set()
    )
    torch.testing.assert_close(found["part.weight"], weight, rtol=2e-6, atol=1e-7)
    assert header_of(tmp_path / "x").composed["part.weight"].kind in norm.replace("the same", "weight norm")


def test_halves_are_put_together_wide(tmp_path: Path) -> None:
    module = weight_norm(nn.Linear(300, 4)).half()
    torch.save(module.state_dict(), tmp_path / "x")
    found = loaded(tmp_path / "x")["weight"]
    assert found.dtype == torch.float16
    assert torch.equal(found, weight_of(module.float()).half())


class Doubled(nn.Module):
    def forward(self, weight: Tensor) -> Tensor:
        return weight * 2


class Centred(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(1))

    def forward(self, weight: Tensor) -> Tensor:
        return weight - self.mean


def parametrized(*parts: nn.Module) -> nn.Module:
    layer = nn.Linear(4, 4)
    for part in parts:
        parametrize.register_parametrization(layer, "weight", part)
    return layer


UNKNOWN: dict[str, Callable[[], nn.Module]] = {
    "one of its own": lambda: parametrized(Doubled()),
    "one with a buffer": lambda: parametrized(Centred()),
    "two of its own": lambda: parametrized(Doubled(), Centred()),
    "orthogonal": lambda: parametrizations.orthogonal(nn.Linear(4, 4)),
    "spectral norm and one more": lambda: parametrize.register_parametrization(
        parametrizations.spectral_norm(nn.Linear(4, 4)), "weight", Centred()
    ),
    "spectral norm of a vector": lambda: parametrizations.spectral_norm(nn.LayerNorm(4)),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_parametrization_that_is_not_known_is_no_weight(name: str, tmp_path: Path) -> None:
    torch.save(UNKNOWN[name]().state_dict(), tmp_path / "x")
    header = header_of(tmp_path / "x")
    assert not header.composed
    assert "weight" not in header.tensors
    assert "starts from, and not the weight" in header.tensors["parametrizations.weight.original"].unread


def test_minloras_start_is_the_weight(tmp_path: Path) -> None:
    stem = "proj.parametrizations.weight"
    state = {f"{stem}.original": torch.ones(3, 2), f"{stem}.0.lora_A": torch.ones(1, 2)}
    state |= {f"{stem}.0.lora_B": torch.ones(3, 1), f"{stem}.0.lora_dropout_mask": torch.ones(1, 2)}
    torch.save(state, tmp_path / "x")
    assert not any(info.unread for info in header_of(tmp_path / "x").tensors.values())


# Parts that are not weight norm's or spectral norm's: every key stays, under its own name.
STRANGERS: dict[str, dict[str, Tensor]] = {
    "lengths of another shape": {"weight_g": torch.ones(3), "weight_v": torch.ones(4, 3)},
    "no directions": {"weight_g": torch.ones(4, 1), "bias": torch.ones(4)},
    "a weight beside them": {
        "weight_g": torch.ones(4, 1), "weight_v": torch.ones(4, 3), "weight": torch.ones(4, 3)
    },
    "other names": {"scale_g": torch.ones(4, 1), "scale_v": torch.ones(4, 3)},
    "whole numbers": {"weight_g": torch.ones(4, 1, dtype=torch.int64), "weight_v": torch.ones(4, 3)},
    "vectors of another length": {
        "weight_orig": torch.ones(4, 3), "weight_u": torch.ones(5), "weight_v": torch.ones(3)
    },
    "without the second vector": {"weight_orig": torch.ones(4, 3), "weight_u": torch.ones(4)},
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGERS)
def test_what_is_no_such_part_stays_as_it_is(name: str, tmp_path: Path) -> None:
    torch.save(STRANGERS[name], tmp_path / "x")
    assert list(header_of(tmp_path / "x").tensors) == list(STRANGERS[name])
