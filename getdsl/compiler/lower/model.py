"""A lowered model with its weights: what files are written of, and torch's own ways of handling it."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Self

import torch
from torch import Tensor, fx, nn

from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.lower import low_rank
from getdsl.compiler.lower.adaptation import Adaptation, LoadedFile
from getdsl.compiler.lower.freezing import still
from getdsl.compiler.lower.low_rank import LowRankSettings
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import Diagnostic, UserError
from getdsl.displayed import Displayed


class Model(Displayed, by="specs:model"):
    """The lowered graph of a spec.

    `module` is a GraphModule that takes the declared inputs by name and returns a dict of the
    outputs; its weights are named as the spec's bindings are. `adaptation` says which of them are adapted
    or frozen.
    """

    def __init__(self, spec: Spec, module: fx.GraphModule, graph: Graph | None = None) -> None:
        self.spec = spec
        self.module = module
        self.graph = graph or spec.graph  # what `module` was lowered from: the spec's, or with kernels fused
        self.adaptation = Adaptation()
        self.warnings: tuple[Diagnostic, ...] = ()  # of the plan that was carried out on it
        self.loaded: tuple[LoadedFile, ...] = ()  # the files whose tensors it holds

    def __repr__(self) -> str:
        weights = list(self.parameters())
        total = sum(weight.numel() for weight in weights)
        frozen = sum(weight.numel() for weight in weights if not weight.requires_grad)
        mode = "training" if self.module.training else "evaluation"
        outputs = {name: type.plain() for name, type in self.spec.graph.output_types().items()}
        weighs = f"{total:,} weights, {frozen:,} of them frozen"
        lines = [f"{self.spec.model}: {weighs}; {self.device}, {mode} mode"]
        for what, types in (("inputs", self.spec.graph.inputs), ("outputs", outputs)):
            lines += [what, *(f"  {name}: {type}" for name, type in types.items())]
        return "\n".join(lines)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """A model of its own weights; the spec and the graph, which do not change, are shared."""
        made = copy.copy(self)
        made.module = copy.deepcopy(self.module, memo)
        return made

    # -- as a torch module

    @property
    def device(self) -> torch.device:
        """Where its weights are; a model without any computes where its inputs are."""
        return next((tensor.device for tensor in self.module.state_dict().values()), torch.device("cpu"))

    def to(self, *where: Any, **named: Any) -> Self:
        """Moves the model, as `torch.nn.Module.to` does."""
        self.module.to(*where, **named)
        return self

    def train(self, mode: bool = True) -> Self:
        self.module.train(mode)
        return self

    def eval(self) -> Self:
        return self.train(False)

    def parameters(self) -> Iterator[nn.Parameter]:
        return self.module.parameters()

    def named_parameters(self) -> Iterator[tuple[str, nn.Parameter]]:
        """The parameters by the names of `state_dict`."""
        return low_rank.named_parameters(self.module)

    # -- weights

    def state_dict(self) -> dict[str, Tensor]:
        """The model's tensors under the names that files have them by.

        An adapter changes no key: beside `X.weight`, which it leaves as it is, stand `X.weight.lora_A`
        [rank, fan_in] and `X.weight.lora_B` [fan_out, rank].
        """
        return low_rank.state_of(self.module)

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Takes the values of `state_dict()` back.

        Raises RuntimeError, and changes nothing, where names or shapes are not those of the model.
        """
        low_rank.load_state(self.module, state)

    def adapt(self, adaptation: Adaptation, seed: int | None = None) -> None:
        """Attaches adapters, drawn from `seed`, and freezes, beside what is adapted and frozen already.

        Raises UserError, and changes nothing, where the model has not what they adapt or freeze.
        """
        adaptation.carry_out(self.module, seed)
        self.graph = still(self.graph, adaptation.frozen_parts)
        self.adaptation = self.adaptation.joined(adaptation)

    def note_adapters(self, settings: Mapping[str, LowRankSettings]) -> None:
        """Takes adapters that were put on its module into account."""
        self.adaptation = self.adaptation.joined(Adaptation(settings))

    def note_files(self, files: Iterable[LoadedFile], warnings: Iterable[Diagnostic] = ()) -> None:
        """Notes the files whose tensors it has taken, and what the plan warned of that took them."""
        self.loaded, self.warnings = tuple(files), tuple(warnings)

    def merge_adapters(self) -> None:
        """Adds the adapters to their weights and takes them away; in evaluation the outputs stay as they are.

        Raises UserError where the model has none.
        """
        if not self.adaptation.adapters:
            raise UserError("the model has no adapters to merge", "its spec has no `lora`")
        low_rank.merge(self.module)
        self.adaptation = replace(self.adaptation, adapters={})
