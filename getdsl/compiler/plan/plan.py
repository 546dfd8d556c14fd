"""The plan as data: every tensor of the model and every key of the files, with what becomes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from getdsl.compiler.directives.directives import Directives
from getdsl.compiler.graph.graph import StateKind
from getdsl.compiler.graph.types import DType
from getdsl.compiler.plan.matching.adapters import Adapter, Adapters
from getdsl.compiler.plan.matching.matched import Leftover, Matched, Provenance
from getdsl.compiler.plan.suggest.suggestion import Suggestion
from getdsl.diagnostics import Diagnostic
from getdsl.displayed import Displayed
from getdsl.formats.checkpoint_header import Header

__all__ = ["Adapter", "Findings", "Leftover", "Origin", "Plan", "Provenance", "TensorPlan"]

Origin = Literal["loaded", "new", "missing"]


@dataclass(frozen=True)
class TensorPlan:
    """What becomes of a tensor of the model.

    `new` tensors were declared so or no `load` is there; `missing` ones should have come from a file.
    """

    name: str
    shape: tuple[int, ...]
    kind: StateKind
    origin: Origin
    source: Provenance | None = None
    overwritten: tuple[Provenance, ...] = ()  # what earlier loads had written here
    frozen: bool = False  # no gradient: by its block, by `freeze`, or as the base of an adapter
    adapter: Adapter | None = None
    dtype: DType = "float"

    @property
    def trainable(self) -> bool:
        return self.kind == "weight" and not self.frozen


@dataclass(frozen=True)
class Findings:
    """What was noticed as the files were held against the model: complaints are made of it."""

    directives: Directives = field(default_factory=Directives)
    files: tuple[Matched, ...] = ()  # the loads, in order; an `adapter` file is the last
    absent: Mapping[str, int] = field(default_factory=dict)  # tensor -> number of the load to blame
    adapters: Adapters = field(default_factory=Adapters)
    held: frozenset[str] = frozenset()  # what `freeze` names or `train_only` leaves out


@dataclass(frozen=True, repr=False)
class Plan(Displayed, by="plans:plan"):
    """Every tensor of a spec's model accounted for. It can run where `ok`."""

    tensors: Mapping[str, TensorPlan]
    headers: tuple[Header, ...] = ()  # of the loads, in order; an `adapter` file's is the last
    leftovers: tuple[Leftover, ...] = ()
    frozen_parts: tuple[str, ...] = ()  # the outermost modules without a trainable weight: they stay in eval
    diagnostics: tuple[Diagnostic, ...] = ()  # `complaints` of all the rest
    suggestions: Mapping[int, Suggestion] = field(default_factory=dict)  # for loads whose keys do not match
    findings: Findings = field(default_factory=Findings)

    def __repr__(self) -> str:
        counts = Counter(tensor.origin for tensor in self.tensors.values())
        origins = ", ".join(f"{count:,} {origin}" for origin, count in counts.items())
        verdict = "it can be carried out" if self.ok else "it cannot be carried out"
        return f"<Plan: {origins or 'no tensors'}; {verdict}>"

    @property
    def ok(self) -> bool:
        return not any(item.severity == "error" for item in self.diagnostics)

    @property
    def learns(self) -> bool:
        """Whether some weight, or an adapter of one, has a gradient."""
        return any(item.trainable or item.adapter is not None for item in self.tensors.values())
