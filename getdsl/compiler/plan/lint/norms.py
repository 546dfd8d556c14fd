"""Normalisation that still changes where all the other weights of the part around it stand still."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from getdsl.compiler.plan.lint.flow import Flow
from getdsl.compiler.plan.lint.named_parts import inside
from getdsl.compiler.plan.plan import TensorPlan
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import gradients as mistakes

NORMS = ("LayerNorm", "BatchNorm")


def unfrozen_norms(flow: Flow) -> Iterator[Diagnostic]:
    found = _Norms(flow)
    blamed: dict[str, list[str]] = {}
    for path in found.paths:
        part = path.rpartition(".")[0]
        if part and found.changes(path) and found.is_frozen(part):
            blamed.setdefault(found.outermost(part), []).append(path)
    for part, paths in blamed.items():
        yield mistakes.changing_norms(part, paths, flow.span(part))


@dataclass(frozen=True)
class _Norms:
    flow: Flow

    @cached_property
    def paths(self) -> list[str]:
        return [path for path, module in self.flow.modules.items() if module.block in NORMS]

    @cached_property
    def own(self) -> set[str]:
        """The tensors of normalisations."""
        modules = self.flow.modules
        return {f"{path}.{tensor.name}" for path in self.paths for tensor in modules[path].tensors()}

    def changes(self, path: str) -> bool:
        """Its scale and shift train, or it keeps running statistics and no part around it stays in eval."""
        items = [item for name, item in self.flow.plan.tensors.items() if inside(name, path)]
        stays = any(path == part or inside(path, part) for part in self.flow.plan.frozen_parts)
        return any(item.trainable for item in items) or (
            not stays and any(item.name.endswith("running_mean") for item in items)
        )

    def is_frozen(self, part: str) -> bool:
        """But for normalisation: at least one weight that a directive froze, and none that learns."""
        items = [item for item in self._others(part) if item.kind != "buffer"]
        still = all(not item.trainable and item.adapter is None for item in items)
        return still and any(item.frozen and item.kind == "weight" for item in items)

    def _others(self, part: str) -> list[TensorPlan]:
        tensors = self.flow.plan.tensors.items()
        return [item for name, item in tensors if inside(name, part) and name not in self.own]

    def outermost(self, part: str) -> str:
        """The largest part around this one that is frozen but for normalisation."""
        while "." in part and self.is_frozen(part.rpartition(".")[0]):
            part = part.rpartition(".")[0]
        return part
