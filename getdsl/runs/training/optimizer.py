"""Parameter groups with a learning rate and a weight decay each, and the optimizer over them."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from getdsl.compiler.lower.low_rank import named_parameters
from getdsl.compiler.sections import optimizer as declared
from getdsl.diagnostics import UserError

WITHOUT_DECAY = ("cls_token", "pos_embed")
FIRST_LAYER = ("cls_token", "mask_token", "pos_embed")
NORMS = (nn.LayerNorm, nn.GroupNorm, nn.modules.batchnorm._BatchNorm)


def parameter_groups(
    module: nn.Module, settings: declared.Optimizer, has: Callable[[str], bool] = lambda name: True
) -> list[dict[str, Any]]:
    """The trainable parameters, of those that it `has`, in groups of one `lr` and `weight_decay`.

    Weight decay falls on tensors of two or more axes that are no bias, norm, `cls_token` or `pos_embed`.
    `weight_decay_of` sets that of a part, or of one such tensor by its full name.
    `lr_of` sets the rate of a part, the longest prefix of a name winning; `layer_decay` scales the others, by
    layers counted over the frozen weights too. An adapter is named after its weight and goes with it.
    """
    all_named = dict(named_parameters(module))
    named = {name: value for name, value in all_named.items() if value.requires_grad and has(name)}
    factors = layer_factors(all_named, settings.layer_decay) if settings.layer_decay else {}
    norms = set(_norm_parameters(module))
    groups: dict[tuple[float, float], dict[str, Any]] = {}
    for name, value in named.items():
        own = own_rate(name, settings.lr_of)
        rate = settings.lr * factors.get(name, 1.0) if own is None else own
        part = own_rate(name, settings.weight_decay_of)
        decay = settings.weight_decay if part is None else part
        if name not in settings.weight_decay_of and (name in norms or not decays(name, value)):
            decay = 0.0
        group = groups.setdefault(
            (rate, decay), {"params": [], "names": [], "lr": rate, "weight_decay": decay}
        )
        group["params"].append(value)
        group["names"].append(name)
    return list(groups.values())


def decays(name: str, value: torch.Tensor) -> bool:
    last = name.rpartition(".")[2]
    return value.dim() >= 2 and last != "bias" and last not in WITHOUT_DECAY


def _norm_parameters(module: nn.Module) -> Iterable[str]:
    """The parameters of normalisations, adapters on them included."""
    for path, part in module.named_modules():
        if isinstance(part, NORMS):
            yield from (f"{path}.{name}".lstrip(".") for name, _ in named_parameters(part))


def own_rate(name: str, lr_of: Mapping[str, float]) -> float | None:
    """What `lr_of` or `weight_decay_of` gives a parameter, None where it says nothing of it."""
    prefixes = [prefix for prefix in lr_of if name == prefix or name.startswith(f"{prefix}.")]
    return lr_of[max(prefixes, key=len)] if prefixes else None


def layer_factors(names: Iterable[str], decay: float) -> dict[str, float]:
    """`decay` ** (layers + 1 - layer), as GET counts layers.

    Layer 0 is region_embed and the tokens, block i is layer i + 1; all else comes last, with factor 1.
    """
    names = list(names)
    blocks = {name: int(found[1]) for name in names if (found := declared.BLOCK.match(name))}
    layers = max(blocks.values(), default=-1) + 1

    def layer(name: str) -> int:
        if name in blocks:
            return blocks[name] + 1
        return 0 if name in FIRST_LAYER or name.startswith("region_embed") else layers + 1

    return {name: decay ** (layers + 1 - layer(name)) for name in names}


def make_optimizer(groups: list[dict[str, Any]], settings: declared.Optimizer) -> Optimizer:
    groups = [{key: value for key, value in group.items() if key != "names"} for group in groups]
    if isinstance(settings, declared.SGD):
        return torch.optim.SGD(groups, lr=settings.lr, momentum=settings.momentum, nesterov=settings.nesterov)
    if isinstance(settings, declared.RMSprop):
        return torch.optim.RMSprop(
            groups, lr=settings.lr, alpha=settings.alpha, eps=settings.eps, momentum=settings.momentum
        )
    if isinstance(settings, declared.Lion):
        return _lion()(groups, lr=settings.lr, betas=settings.betas)  # type: ignore[no-any-return]
    assert isinstance(settings, declared.Adam)
    kind = torch.optim.AdamW if isinstance(settings, declared.AdamW) else torch.optim.Adam
    return kind(groups, lr=settings.lr, betas=settings.betas, eps=settings.eps)


def refuse_absent(settings: declared.Optimizer) -> None:
    """Raises UserError where the library of an optimizer is not installed."""
    if isinstance(settings, declared.Lion):
        _lion()


def _lion() -> Any:
    try:
        return importlib.import_module("lion_pytorch").Lion
    except ImportError as error:
        message = f"`Lion` needs lion-pytorch, which cannot be imported ({error})"
        raise UserError(message, "run `pip install 'getdsl[lion]'`, or take AdamW") from error
