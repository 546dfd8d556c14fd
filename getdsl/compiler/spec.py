"""A checked spec: what the front half hands to the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from getdsl.compiler.elaborate.declared_data import CALLS, Data
from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.sections.checks import Training
from getdsl.compiler.sections.data import DataSettings
from getdsl.compiler.sections.optimizer import Optimizer
from getdsl.compiler.sections.schedule import Schedule
from getdsl.compiler.sections.settings import Settings
from getdsl.compiler.sections.train import TrainSettings
from getdsl.compiler.stages.stages import Stages
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.text import counted, render_text
from getdsl.displayed import Displayed


@dataclass(frozen=True)
class ForeignCode:
    """Python outside the library, `module:Class`, and the file to trust before it runs.

    That is the spec that names it, or the checkpoint that such a spec was read from; None for a text.
    """

    name: str
    file: Path | None


@dataclass(frozen=True, repr=False)
class Spec(Displayed, by="specs:spec"):
    """A model that checks, with its stages and settings.

    `settings` holds the sections that stand in the file (`train`, `optimizer`, …), in the order
    of `loads` for `load`. `raw` has the types of batch keys that `prepare` reads, where it
    tells them. `params` are the model's, and `origins` says where each came from.
    """

    path: Path | None
    text: str
    model: str
    doc: str | None
    graph: Graph
    prepare: Graph
    raw: Mapping[str, TensorType]
    stages: Stages
    params: Mapping[str, Any]
    origins: Mapping[str, str]
    overrides: Mapping[str, Any]
    settings: Mapping[str, Settings]
    loads: tuple[Settings, ...]
    training: Training
    data: Data | None
    foreign_code: tuple[ForeignCode, ...] = ()

    def __repr__(self) -> str:
        outputs = ", ".join(f"{name} {type.plain()}" for name, type in self.graph.output_types().items())
        return f"<{self.model}: {outputs}; {self.parameters:,} parameters>"

    @property
    def parameters(self) -> int:
        """How many numbers its weights are, buffers left out."""
        return sum(item.size for item in self.graph.tensors() if item.kind != "buffer")

    @property
    def data_settings(self) -> DataSettings:
        return self.training.data

    @property
    def train(self) -> TrainSettings:
        return self.training.train

    @property
    def optimizer(self) -> Optimizer:
        return self.training.optimizer

    @property
    def schedule(self) -> Schedule:
        return self.training.schedule

    def section(self, name: str) -> dict[str, Any]:
        """The settings of a section as a dict, empty where there is none; calls of sources are in `data`."""
        found = self.settings.get(name)
        value = found.value if found is not None and isinstance(found.value, dict) else {}
        return {key: item for key, item in value.items() if name != "data" or key not in CALLS}


@dataclass(frozen=True, repr=False)
class Checked(Displayed, by="specs:checked"):
    """The result of a check: the spec where there was no error, and all diagnostics."""

    spec: Spec | None
    diagnostics: list[Diagnostic]
    files: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        found = repr(self.spec) if self.spec is not None else f"<{counted(self.diagnostics)}>"
        return "\n\n".join([*([render_text(self.diagnostics)] if self.diagnostics else []), found])

    @property
    def ok(self) -> bool:
        return self.spec is not None
