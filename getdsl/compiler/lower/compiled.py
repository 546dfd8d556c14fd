"""A spec ready to run: the model's module and the stages of the batch around it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cached_property

import torch
from torch import Tensor, fx

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.lower import low_rank
from getdsl.compiler.lower.adaptation import Adaptation, LoadedFile
from getdsl.compiler.lower.build import lower
from getdsl.compiler.lower.dummy import dummy_batch
from getdsl.compiler.lower.freezing import still
from getdsl.compiler.lower.input_names import input_names
from getdsl.compiler.lower.inputs import InputError, check_lengths, check_needs, check_not_empty, check_tensor
from getdsl.compiler.lower.low_rank import LowRankSettings
from getdsl.compiler.passes import FUSIONS, run_passes, verifier
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import Diagnostic, UserError


class Compiled:
    """The lowered model of a spec.

    `module` is a GraphModule that takes the declared inputs by name and returns a dict of the
    outputs; its weights are named as the spec's bindings are. `adaptation` says which of them are adapted
    or frozen.
    """

    def __init__(self, spec: Spec, module: fx.GraphModule, graph: Graph | None = None) -> None:
        self.spec = spec
        self.module = module
        self.graph = (
            graph or spec.graph
        )  # what `module` was lowered from: the spec's, or that with kernels fused
        self.adaptation = Adaptation()
        self.warnings: tuple[Diagnostic, ...] = ()  # of the plan that was carried out on it
        self.loaded: tuple[LoadedFile, ...] = ()  # the files whose tensors it holds
        self._losses: dict[frozenset[str], fx.GraphModule] = {}
        self._pairs: dict[frozenset[str], fx.GraphModule] = {}

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

    # -- inputs

    @cached_property
    def _prepare(self) -> fx.GraphModule:
        return lower(self.spec.prepare)

    def prepare(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The declared inputs from a batch, derived ones computed, by the names that `module` takes them by.

        Those are the spec's, but for words of Python: `class` is `class_`. The batch is left as it is.
        Raises InputError where a key is missing or a tensor does not fit its declaration.
        """
        derived = self._derived(batch)
        inputs: dict[str, Tensor] = {}
        sizes: dict[Symbol, Dim] = {}
        for name, type in self.spec.graph.inputs.items():
            value = derived.get(name, batch.get(name))
            if value is None:
                raise InputError(
                    f"the batch has no `{name}: {type}`; it has {', '.join(sorted(batch)) or 'nothing'}"
                )
            inputs[name] = value
            check_tensor(name, value, type, sizes)
            check_not_empty(name, value, type)
        check_needs(self.spec.graph, sizes)
        for name, type in self.spec.graph.inputs.items():
            check_lengths(name, inputs[name], type, sizes)
        return {argument: inputs[name] for name, argument in input_names(inputs).items()}

    def _derived(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        if not self.spec.prepare.outputs:
            return {}
        needed = _batch_keys(self.spec.prepare)
        if not needed & batch.keys() and self.spec.prepare.outputs.keys() <= batch.keys():
            return {}  # a batch that holds the derived inputs themselves, such as a dummy one
        return self._run(self._prepare, self.spec.prepare, {}, batch)

    @staticmethod
    def _run(
        module: fx.GraphModule, graph: Graph, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        arguments = {}
        wide = not outputs or any(value.dtype == torch.float64 for value in outputs.values())
        for target, argument in input_names(graph.inputs).items():
            values, key = (
                (batch, target.removeprefix("batch.")) if target.startswith("batch.") else (outputs, target)
            )
            if key not in values:
                raise InputError(f"the batch has no `{key}`; it has {', '.join(sorted(values)) or 'nothing'}")
            arguments[argument] = values[key] if wide else _narrow(values[key])
        result: dict[str, Tensor] = module(**arguments)
        return result

    # -- loss and metrics

    def _absent(self, batch: Mapping[str, Tensor]) -> frozenset[str]:
        """The optional keys (`batch.k ?? e`) that this batch lacks: absent, empty, or of another rank."""
        ranks = self.spec.stages.optional
        return frozenset(
            key
            for key, rank in ranks.items()
            if key not in batch or not batch[key].numel() or (rank is not None and batch[key].dim() != rank)
        )

    def _stage(self, graph: Graph) -> fx.GraphModule:
        """A stage's module, of a graph that may be composed just now."""
        verifier().verify(graph, self.spec.graph.modules, stage=True)
        return lower(graph, dict(self.module.named_modules()))

    def loss(self, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The weighted terms of the loss and their sum under `total`, scalars all."""
        if not self.spec.stages.terms:
            raise InputError("the spec has no `loss`")
        absent = self._absent(batch)
        graph = self.spec.stages.losses[absent]
        if absent not in self._losses:
            self._losses[absent] = self._stage(graph)
        return self._run(self._losses[absent], graph, outputs, batch)

    def metric_pairs(
        self, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]
    ) -> dict[str, tuple[Tensor, Tensor]]:
        """For each measured term its predictions and targets, flat, masked positions removed."""
        if not self.spec.stages.metric_terms:
            return {}
        absent = self._absent(batch)
        graph = self.spec.stages.metrics[absent]
        if absent not in self._pairs:
            self._pairs[absent] = self._stage(graph)
        values = self._run(self._pairs[absent], graph, outputs, batch)
        return {name: _flat_pair(values, name) for name in self.spec.stages.metric_terms}

    def metrics(
        self, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]
    ) -> dict[str, dict[str, Tensor]]:
        """The metrics of one batch, by term; training measures whole splits."""
        from getdsl.compiler.lower.metrics import measure

        pairs = self.metric_pairs(outputs, batch)
        return {
            name: {metric: measure(metric, *pairs[name]) for metric in item.metrics}
            for name, item in self.spec.stages.metric_terms.items()
        }

    # -- dummy data

    def dummy_batch(self, seed: int = 0, **sizes: int) -> dict[str, Tensor]:
        """A random batch that fits the declared inputs; `sizes` sets symbols (`B = 2, L = 2000`)."""
        return dummy_batch(self.spec, seed, sizes)


def build(spec: Spec, seed: int | None = None, *, fuse: bool = True) -> Compiled:
    """The spec's module with fresh weights. `seed` makes them reproducible without touching the global state.

    With `fuse`, neighbours that have a kernel together become one node (see `passes.FUSIONS`);
    weights stay as they are.
    """
    graph = run_passes(spec.graph, FUSIONS) if fuse else spec.graph
    if seed is None:
        return Compiled(spec, lower(graph), graph)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Compiled(spec, lower(graph), graph)


def _narrow(value: Tensor) -> Tensor:
    """A batch's value as the model's precision has it: numbers that a source keeps as float64 are float32."""
    return value.float() if value.dtype == torch.float64 else value


def _batch_keys(graph: Graph) -> set[str]:
    return {target.removeprefix("batch.") for target in graph.inputs if target.startswith("batch.")}


def _flat_pair(values: Mapping[str, Tensor], name: str) -> tuple[Tensor, Tensor]:
    prediction, target = values[f"{name}.prediction"], values[f"{name}.target"]
    prediction, target = torch.broadcast_tensors(prediction, target)  # type: ignore[no-untyped-call]
    mask = values.get(f"{name}.mask")
    if mask is None:
        return prediction.reshape(-1), target.reshape(-1)
    chosen = mask.reshape(mask.shape + (1,) * (prediction.dim() - mask.dim())).expand(prediction.shape)
    return prediction[chosen], target[chosen]
