"""Low-rank adapters: a weight becomes W + B @ A * (alpha / rank) (Hu et al. 2021, arXiv:2106.09685)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

from getdsl.diagnostics.listing import joined


@dataclass(frozen=True)
class LowRankSettings:
    """The numbers of an adapter; alpha / rank scales what it adds."""

    rank: int
    alpha: float
    dropout: float = 0.0


class LowRank(nn.Module):
    """Parametrizes a weight [fan_out, …]: B @ A, viewed in its shape, is added to it.

    `lora_A` [rank, fan_in] starts Kaiming-uniform and `lora_B` [fan_out, rank] at zero, so that a fresh
    adapter changes nothing. Where layers with a bias are adapted, the bias is not.

    Dropout leaves out whole input features, columns of A, the same ones for all samples of a batch: a weight
    knows nothing of the rows that it is applied to. minLoRA, which GET uses, does the same.
    """

    def __init__(self, shape: Sequence[int], settings: LowRankSettings) -> None:
        super().__init__()
        self.settings = settings
        self.scale = settings.alpha / settings.rank
        a, b = adapter_shapes(shape, settings.rank)
        self.lora_A = nn.Parameter(torch.empty(a))
        self.lora_B = nn.Parameter(torch.zeros(b))

    def reset(self, seed: int | None, name: str) -> None:
        """Draws A from the seed and the weight's name alone, or without a seed from the global generator."""
        generator = None
        if seed is not None:
            digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
            generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
        nn.init.kaiming_uniform_(self.lora_A, a=math.sqrt(5), generator=generator)
        nn.init.zeros_(self.lora_B)

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self.delta().view_as(weight)

    def delta(self) -> Tensor:
        """What is added to the weight, [fan_out, fan_in], in the adapter's precision under autocast too."""
        device = self.lora_A.device.type
        if torch.is_autocast_enabled(device):
            with torch.autocast(device, enabled=False):
                return self._product()
        return self._product()

    def _product(self) -> Tensor:
        a: Tensor = self.lora_A
        if self.training and self.settings.dropout > 0:
            a = a * F.dropout(torch.ones_like(a[:1]), self.settings.dropout)
        return self.lora_B @ a * self.scale

    def extra_repr(self) -> str:
        return f"rank={self.settings.rank}, alpha={self.settings.alpha}, dropout={self.settings.dropout}"


def adapter_shapes(shape: Sequence[int], rank: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """The shapes of A and B for a weight; fan_in of a convolution is channels times kernel."""
    return (rank, math.prod(shape[1:])), (shape[0], rank)


# -- on and off a model


def attach(root: nn.Module, name: str, settings: LowRankSettings, seed: int | None = None) -> LowRank:
    """Adapts the weight `name`, which keeps its value and learns no more.

    Raises KeyError where there is none.
    """
    owner, attribute = _owner(root, name)
    weight = getattr(owner, attribute)
    adapter = LowRank(weight.shape, settings)
    if not weight.is_meta:
        adapter.reset(seed, name)
    adapter.to(device=weight.device, dtype=weight.dtype).train(owner.training)
    parametrize.register_parametrization(owner, attribute, adapter)
    type(owner).__reduce_ex__ = _reduce  # type: ignore[method-assign, assignment]
    owner.get_parameter(f"parametrizations.{attribute}.original").requires_grad_(False)
    return adapter


def _owner(root: nn.Module, name: str) -> tuple[nn.Module, str]:
    path, _, attribute = name.rpartition(".")
    try:
        owner = root.get_submodule(path)
    except AttributeError as error:
        raise KeyError(name) from error
    if not isinstance(getattr(owner, attribute, None), nn.Parameter):
        raise KeyError(name)
    return owner, attribute


def adapters(root: nn.Module) -> dict[str, LowRank]:
    """The adapters of a model by the names of the weights that they adapt."""
    return {name: adapter for name, _, _, adapter in _adapted(root)}


def _adapted(root: nn.Module) -> Iterator[tuple[str, nn.Module, str, LowRank]]:
    for path, module in root.named_modules():
        lists = module.parametrizations.items() if parametrize.is_parametrized(module) else ()
        for attribute, steps in lists:
            if isinstance(steps[0], LowRank):
                yield f"{path}.{attribute}".lstrip("."), module, attribute, steps[0]


@torch.no_grad()
def merge(root: nn.Module) -> None:
    """Adds what each adapter adds to its weight for good, and takes the adapters away."""
    for _, module, attribute, adapter in list(_adapted(root)):
        adapter.eval()  # without dropout
        merged = getattr(module, attribute)
        parametrize.remove_parametrizations(module, attribute, leave_parametrized=False)
        getattr(module, attribute).copy_(merged)


# -- names: an adapter changes no key of the state dict


def plain_names(root: nn.Module) -> dict[str, str]:
    """How torch names the tensors of adapted weights -> how files do: `X.weight`, `X.weight.lora_A` …"""
    found = {}
    for name in adapters(root):
        owner, _, attribute = name.rpartition(".")
        inner = f"{owner}.parametrizations.{attribute}".lstrip(".")
        found[f"{inner}.original"] = name
        found |= {f"{inner}.0.{part}": f"{name}.{part}" for part in ("lora_A", "lora_B")}
    return found


def named_parameters(root: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """The parameters of a model by their plain names."""
    plain = plain_names(root)
    for name, parameter in root.named_parameters():
        yield plain.get(name, name), parameter


def state_of(root: nn.Module) -> dict[str, Tensor]:
    """The state dict under plain names."""
    plain = plain_names(root)
    return {plain.get(name, name): tensor for name, tensor in root.state_dict().items()}


def load_state(root: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Fills a model from a state dict under plain names.

    Raises RuntimeError, and changes nothing, where names or shapes are not the model's.
    """
    problems = differences(state_of(root), state)
    if problems:
        raise RuntimeError(joined(problems, "; ", shown=3))
    inner = {plain: name for name, plain in plain_names(root).items()}
    root.load_state_dict({inner.get(name, name): tensor for name, tensor in state.items()})


def differences(own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> list[str]:
    """What keeps one state dict from taking the place of another, in words."""
    problems = [f"`{name}` is missing" for name in own if name not in given]
    problems += [f"`{name}` is not in the model" for name in given if name not in own]
    return problems + [
        f"`{name}` is {list(given[name].shape)}, and the model's is {list(tensor.shape)}"
        for name, tensor in own.items()
        if name in given and given[name].shape != tensor.shape
    ]


# -- pickling, which torch refuses for parametrized modules because their classes are made on the fly


def _reduce(module: nn.Module, protocol: object) -> tuple[object, ...]:
    return _restored, (type(module).__bases__[0], list(module.parametrizations)), dict(module.__dict__)  # type: ignore[arg-type]


def _restored(kind: type[nn.Module], attributes: Sequence[str]) -> nn.Module:
    """A module of the class that adapts `attributes` of `kind`, its contents still to be filled in."""
    module = kind.__new__(kind)
    module.__dict__ |= {
        "_parameters": {},
        "_buffers": {},
        "_modules": {},
    }  # as an attribute's lookup needs them
    parametrize._inject_new_class(module)
    for attribute in attributes:
        parametrize._inject_property(module, attribute)
    type(module).__reduce_ex__ = _reduce  # type: ignore[method-assign, assignment]
    return module
