"""Torch files with objects of a library that is not installed, such as published checkpoints hold."""

from __future__ import annotations

import functools
import sys
from argparse import Namespace
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import torch


class Settings:
    """Pickled as omegaconf's DictConfig is: made without a call, then given its state."""

    def __init__(self, content: Any) -> None:
        self.__dict__["_metadata"] = {"ref_type": Any, "flags": None}
        self.__dict__["_content"] = content

    def __getstate__(self) -> Any:
        return self.__dict__

    def __setstate__(self, state: Any) -> None:
        raise AssertionError("an object of a checkpoint was made")


class Table(dict[str, Any]):
    """A mapping of a class of its own."""


@contextmanager
def _as_omegaconf() -> Iterator[None]:
    """`Settings` stands in a module of omegaconf's name, as long as a file is written."""
    name = "omegaconf.dictconfig"
    module = ModuleType(name)
    before = {Settings: (Settings.__module__, Settings.__qualname__)}
    Settings.__module__, Settings.__qualname__ = name, "DictConfig"
    module.DictConfig = Settings  # type: ignore[attr-defined]
    stand_ins = {name: module, "omegaconf": ModuleType("omegaconf")}
    real = {each: sys.modules.get(each) for each in stand_ins}
    sys.modules |= stand_ins
    try:
        yield
    finally:
        for each, own in real.items():
            del sys.modules[each]
            if own is not None:
                sys.modules[each] = own
        Settings.__module__, Settings.__qualname__ = before[Settings]


def save_foreign(path: Path, content: Any, **options: Any) -> Path:
    with _as_omegaconf():
        torch.save(content, path, **options)
    return path


def lightning_file(path: Path, weights: dict[str, torch.Tensor], **options: Any) -> Path:
    """What Lightning writes for a model whose settings are Hydra's."""
    content = {
        "epoch": 3,
        "pytorch-lightning_version": "2.0.6",
        "state_dict": OrderedDict((f"model.{name}", tensor) for name, tensor in weights.items()),
        "optimizer_states": [{"state": {0: {"step": torch.tensor(7.0)}}}],
        "hyper_parameters": {"cfg": Settings({"lr": 1e-3, "path": Path("a/b")})},
        "args": Namespace(lr=np.float64(0.5), make=functools.partial(int, base=2)),
        "seen": defaultdict(list, {"a": [1]}),
        "array": np.arange(3),
    }
    return save_foreign(path, content, **options)
