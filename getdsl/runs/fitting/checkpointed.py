"""Parts of a model that keep nothing for the backward pass but their inputs, and are computed again in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint


@contextmanager
def checkpointed(module: nn.Module, names: Iterable[str]) -> Iterator[None]:
    """Meanwhile the parts of these names are computed twice; of `encoder.blocks` each block is a part.

    Dropout is drawn alike both times, and buffers, such as running statistics, are changed once.
    """
    parts = [part for name in names for part in _parts(module, name)]
    for part in parts:
        part.forward = _twice(part, part.forward)
    try:
        yield
    finally:
        for part in parts:
            del part.forward  # the instance's, behind which stands that of its class


def _parts(module: nn.Module, name: str) -> list[nn.Module]:
    """A module of that name, or those that are numbered below it."""
    found = dict(module.named_modules())
    if name in found and not _is_container(found[name]):
        return [found[name]]
    depth = name.count(".") + 1
    return [
        part
        for path, part in found.items()
        if path.startswith(f"{name}.") and path.count(".") == depth and path.rpartition(".")[2].isdigit()
    ]


def _is_container(module: nn.Module) -> bool:
    """Whether a module only holds others, and is called by nobody."""
    return type(module) in (nn.Module, nn.ModuleList, nn.ModuleDict)


def _twice(part: nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
    def contexts() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        return nullcontext(), _same_buffers(part)

    def forward_twice(*args: Any, **kwargs: Any) -> Any:
        if not torch.is_grad_enabled() or not part.training:
            return forward(*args, **kwargs)
        return checkpoint(forward, *args, use_reentrant=False, context_fn=contexts, **kwargs)

    return forward_twice


@contextmanager
def _same_buffers(part: nn.Module) -> Iterator[None]:
    """Buffers are afterwards what they were."""
    before = [(buffer, buffer.clone()) for buffer in part.buffers()]
    try:
        yield
    finally:
        with torch.no_grad():
            for buffer, value in before:
                buffer.copy_(value)
