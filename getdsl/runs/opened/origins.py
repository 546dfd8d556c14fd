"""Where the weights of a model come from: a plan that is carried out, or a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol

from getdsl.compiler.lower import build
from getdsl.compiler.lower.adaptation import Adaptation
from getdsl.compiler.lower.adapter_file import use_adapter
from getdsl.compiler.lower.carry_out import build_planned
from getdsl.compiler.lower.compiled import Compiled
from getdsl.compiler.lower.finite import holding_nan
from getdsl.compiler.plan.planned import Planned, plan_spec
from getdsl.compiler.plan.readiness import refuse_unready
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import first_of
from getdsl.formats.checkpoint_header import Header, LoadRequest
from getdsl.formats.json_values import Json
from getdsl.runs.opened.options import Options
from getdsl.runs.run_folder.checkpoint import Checkpoint
from getdsl.runs.run_folder.records import RunRecord
from getdsl.weights.header import read_header
from getdsl.weights.tensors import open_tensors


class Origin(Protocol):
    """Gives a spec's model its weights."""

    def build(self, spec: Spec, seed: int, options: Options) -> Compiled:
        """Raises SpecError or UserError."""


@dataclass(frozen=True)
class FromPlan:
    """Weights as the directives of a spec make them.

    `approved` is the plan that was shown, or held to one that was saved; without it the plan is made here.
    """

    spec: Spec
    options: Options
    approved: Planned | None = None

    @cached_property
    def planned(self) -> Planned:
        if self.approved is not None:
            return self.approved
        options = self.options
        return plan_spec(self.spec, offline=options.offline, progress=not options.quiet, trust=options.trust)

    def build(self, spec: Spec, seed: int, options: Options) -> Compiled:
        refuse_unready(self.planned)
        return build_planned(self.planned, seed, fuse=options.fuse)


@dataclass(frozen=True)
class FromFile:
    """The weights of a file that holds them all, by the model's own names, as `weights.safetensors` does."""

    path: Path

    def build(self, spec: Spec, seed: int, options: Options) -> Compiled:
        compiled = build(spec, seed, fuse=options.fuse)
        header = read_header(LoadRequest(str(self.path)), trust=options.trust)
        try:
            with open_tensors(header) as tensors:
                compiled.load_state_dict({name: tensors[name].clone() for name in header.tensors})
        except RuntimeError as error:
            raise UserError(
                f"the weights in `{self.path}` do not fit the model: {error}",
                "say in the spec's `load` how they are renamed, or give those of this model",
            ) from error
        return compiled


@dataclass(frozen=True)
class FromCheckpoint:
    """The weights of a checkpoint that was read from `path`; `overrides` are settings over its run's own."""

    path: Path
    checkpoint: Checkpoint
    overrides: Mapping[str, Json] = field(default_factory=dict)

    @property
    def header(self) -> Header:
        assert self.checkpoint.header is not None
        return self.checkpoint.header

    @property
    def record(self) -> RunRecord:
        return self.checkpoint.record

    def build(self, spec: Spec, seed: int, options: Options) -> Compiled:
        """Adapters are attached and parts frozen as the run had them; `options.adapter` goes on top."""
        compiled = build(spec, seed, fuse=options.fuse)
        self._fill(compiled)
        if options.adapter is not None:
            use_adapter(compiled, options.adapter)
        return compiled

    def _fill(self, compiled: Compiled) -> None:
        wrong = holding_nan(self.checkpoint.weights)
        if wrong:
            raise UserError(
                f"`{self.path}` holds NaN in {first_of(wrong)}", "take an earlier checkpoint, or train anew"
            )
        try:
            compiled.adapt(Adaptation.of_json(self.record.get("adaptation", {})), seed=0)
            compiled.load_state_dict(self.checkpoint.weights)
            compiled.note_files(self.record.get("loaded", ()))
        except RuntimeError as error:
            raise UserError(
                f"the weights in `{self.path}` do not fit the model that its spec makes: {error}",
                "a param was set, or this getdsl builds the model in another way",
            ) from error
