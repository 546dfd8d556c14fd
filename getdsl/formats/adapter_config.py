"""peft's `adapter_config.json`: what was trained in the file beside it, and how strong its adapters are."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from getdsl.formats.expressions import refuse_slow

NAME = "adapter_config.json"
N = TypeVar("N", int, float)
READ = {
    "peft_type", "r", "lora_alpha", "rank_pattern", "alpha_pattern", "use_rslora", "bias", "modules_to_save",
    "fan_in_fan_out", "init_lora_weights",
}  # fmt: skip
TELL_NOTHING = {  # of what an adapter adds to its weight
    "task_type", "auto_mapping", "peft_version", "base_model_name_or_path", "revision", "inference_mode",
    "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern", "lora_dropout",
    "loftq_config", "eva_config", "corda_config", "lora_ga_config", "megatron_config", "ensure_weight_tying",
    "runtime_config", "ephemeral_gpu_offload", "merge_weights",
}  # fmt: skip
BESIDE_THE_BASE = ("gaussian", "eva", "orthogonal")  # starts of an adapter that leave its weight as it was


@dataclass(frozen=True)
class Strength:
    """An adapter's rank and alpha: W + B A (alpha / rank)."""

    rank: int
    alpha: float


@dataclass(frozen=True)
class AdapterConfig:
    """What a config says; `others` are settings, as it has them, that make adapters more than W + B A."""

    rank: int
    alpha: float
    rank_pattern: Mapping[str, int] = field(default_factory=dict)
    alpha_pattern: Mapping[str, float] = field(default_factory=dict)
    rank_stabilised: bool = False
    biases: bool = False  # trained beside the adapters, and in their file
    whole: tuple[str, ...] = ()  # modules that were trained themselves
    others: tuple[str, ...] = ()

    def strength(self, module: str) -> Strength:
        """Of the adapter of a module; rank-stabilised ones are scaled by alpha / √rank, arXiv:2312.03732."""
        rank = _of_pattern(self.rank_pattern, module, self.rank)
        alpha = _of_pattern(self.alpha_pattern, module, self.alpha)
        return Strength(rank, alpha * math.sqrt(rank) if self.rank_stabilised else alpha)


def _of_pattern(table: Mapping[str, N], module: str, otherwise: N) -> N:
    """The first row whose expression ends a module's path at a dot, as peft looks it up."""
    for pattern, value in table.items():
        if re.match(rf"(.*\.)?({pattern})$", module):
            return value
    return otherwise


def read_config(content: object) -> AdapterConfig:
    """A config out of parsed JSON. Raises ValueError, with what is wrong in words."""
    if not isinstance(content, dict):
        raise ValueError("it is no table of settings")
    if content.get("peft_type", "LORA") != "LORA":
        return AdapterConfig(1, 1.0, others=(f'peft_type = "{content["peft_type"]}"',))
    return AdapterConfig(
        _rank("r", content.get("r", 8)),
        _number("lora_alpha", content.get("lora_alpha", 8)),
        {name: _rank(name, value) for name, value in _table(content, "rank_pattern")},
        {name: _number(name, value) for name, value in _table(content, "alpha_pattern")},
        content.get("use_rslora") is True,
        content.get("bias") in ("all", "lora_only"),
        tuple(map(str, content.get("modules_to_save") or ())),
        tuple(_others(content)),
    )


def _rank(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"its `{name}` is {value!r}, and a rank is an integer above 0")
    return value


def _number(name: str, value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"its `{name}` is {value!r}, and an alpha is a number")
    return float(value)


def _table(content: Mapping[str, object], name: str) -> Iterator[tuple[str, object]]:
    table = content.get(name) or {}
    if not isinstance(table, dict):
        raise ValueError(f"its `{name}` is no table")
    for pattern, value in table.items():
        refuse_slow(name, pattern)
        yield pattern, value


def _others(content: Mapping[str, object]) -> Iterator[str]:
    """The settings by which adapters are more than W + B A, and those that are not known here."""
    start = content.get("init_lora_weights")
    if isinstance(start, str) and start not in BESIDE_THE_BASE:
        yield f'init_lora_weights = "{start}"'
    if content.get("fan_in_fan_out") is True:
        yield "fan_in_fan_out"
    for name, value in content.items():
        if name not in READ | TELL_NOTHING and (value is True or (value and isinstance(value, dict | list))):
            yield name
