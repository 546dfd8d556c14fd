"""A spec ready to run: the model's module and the stages of the batch around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, fx

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.graph.node import INPUT, PARAMETER
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.lower.build import lower
from getdsl.compiler.lower.dummy import dummy_batch
from getdsl.compiler.lower.followed import Followed, follow
from getdsl.compiler.lower.halves.draws import Draw
from getdsl.compiler.lower.input_names import input_names
from getdsl.compiler.lower.inputs import InputError, check_lengths, check_needs, check_not_empty, check_tensor
from getdsl.compiler.lower.measures.measured_term import MeasuredTerm
from getdsl.compiler.lower.measures.value_pairs import Sides, flat
from getdsl.compiler.lower.model import Model
from getdsl.compiler.lower.package import write_package
from getdsl.compiler.lower.repeats import Compared
from getdsl.compiler.lower.single_output import single_output
from getdsl.compiler.passes import FUSIONS, run_passes, verifier
from getdsl.compiler.spec import Spec
from getdsl.compiler.stages.comparisons import compared_graph
from getdsl.diagnostics.listing import joined


class Compiled(Model):
    """A spec ready to run: its model, called on a batch, and the stages of the batch around it."""

    def __init__(self, spec: Spec, module: fx.GraphModule, graph: Graph | None = None) -> None:
        super().__init__(spec, module, graph)
        self._stages: dict[tuple[str, frozenset[str]], fx.GraphModule] = {}
        self._draws: list[Draw] = []  # of stages, which train where the model does

    def __call__(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The outputs for a batch, which is moved to where the model is. Raises InputError."""
        moved = {name: value.to(self.device) for name, value in batch.items() if isinstance(value, Tensor)}
        return self.outputs(moved)

    def outputs(
        self, batch: Mapping[str, Tensor], model: Callable[..., dict[str, Tensor]] | None = None
    ) -> dict[str, Tensor]:
        """The outputs for a batch, of the model in another form where one is given. Raises InputError.

        Where the loss reads inputs, as it does to take gradients, `loss` wants just these outputs.
        """
        inputs, read = self.prepare(batch), self.spec.stages.read_inputs
        form = self.module if model is None else model  # one of torch.compile has no truth
        if not read or torch.is_inference_mode_enabled():
            return form(**inputs)
        names = input_names(self.spec.graph.inputs)
        return follow(form, inputs, {name: names[name] for name in read})

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        made = super().__deepcopy__(memo)
        made._forget_stages()
        return made

    def to(self, *where: Any, **named: Any) -> Self:
        self._forget_stages()
        return super().to(*where, **named)

    def _forget_stages(self) -> None:
        """Has them made anew, with the modules that the model has now, where it is now."""
        self._stages = {}
        self._draws = []
        self.__dict__.pop("_prepare", None)

    def save(self, folder: str | Path) -> Compared:
        """Writes `model.py`, `weights.safetensors` and a manifest into a folder, see `write_package`."""
        return write_package(self, Path(folder))

    def for_output(self, name: str) -> fx.GraphModule:
        """A module that takes the declared inputs in their order, and returns one output.

        For libraries that want a plain module, such as captum and torch.export: no kernels are fused, each
        nonlinearity is a module, adapters are merged. It shares the other weights, and is in evaluation mode.
        Raises UserError where there is no such output.
        """
        return single_output(self, name)

    # -- inputs

    @cached_property
    def _prepare(self) -> fx.GraphModule:
        return lower(self.spec.prepare, at_door=False)

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
                    f"the batch has no `{name}: {type}`; it has {joined(sorted(batch)) or 'nothing'}"
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

    def _run(
        self, module: fx.GraphModule, graph: Graph, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """The outputs of a stage's graph."""
        arguments: dict[str, Tensor] = {}
        wide = not outputs or any(value.dtype == torch.float64 for value in outputs.values())
        for target, argument in input_names(graph.inputs).items():
            if target.startswith(INPUT):
                arguments[argument] = _followed(outputs, target.removeprefix(INPUT))
                continue
            if target.startswith(PARAMETER):
                arguments[argument] = attrgetter(target.removeprefix(PARAMETER))(self.module)
                continue
            values, key = (
                (batch, target.removeprefix("batch.")) if target.startswith("batch.") else (outputs, target)
            )
            if key not in values:
                raise InputError(f"the batch has no `{key}`; it has {joined(sorted(values)) or 'nothing'}")
            arguments[argument] = values[key] if wide else _narrow(values[key])
        with torch.enable_grad() if isinstance(outputs, Followed) else nullcontext():
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

    def _stage(self, what: str, absent: frozenset[str], graph: Graph) -> fx.GraphModule:
        """A stage's module, of a graph that may be composed just now."""
        if (what, absent) not in self._stages:
            verifier().verify(graph, self.spec.graph.modules, stage=True)
            made = lower(graph, dict(self.module.named_modules()), at_door=False)
            self._stages[what, absent] = made.to(self.device)
            self._draws += [part for part in made.modules() if isinstance(part, Draw)]
        for part in self._draws:
            part.train(self.module.training)
        return self._stages[what, absent]

    def loss(self, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The weighted terms of the loss and their sum under `total`, scalars all."""
        if not self.spec.stages.terms:
            raise InputError("the spec has no `loss`")
        absent = self._absent(batch)
        graph = self.spec.stages.losses[absent]
        return self._run(self._stage("loss", absent, graph), graph, outputs, batch)

    def measured(self, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Sides]:
        """For each measured term its predictions and targets, and where they count."""
        if not self.spec.stages.metric_terms:
            return {}
        absent = self._absent(batch)
        graph = self.spec.stages.metrics[absent]
        values = self._run(self._stage("metrics", absent, graph), graph, outputs, batch)
        return {
            name: Sides(values[f"{name}.prediction"], values[f"{name}.target"], values.get(f"{name}.mask"))
            for name in self.spec.stages.metric_terms
        }

    def metric_pairs(
        self, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]
    ) -> dict[str, tuple[Tensor, Tensor]]:
        """For each term of which values are compared, predictions and targets, flat, masked ones removed."""
        terms, measured = self.spec.stages.metric_terms, self.measured(outputs, batch)
        return {name: flat(*each) for name, each in measured.items() if terms[name].of("values")}

    def compared(self, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """`TERM.prediction` and `TERM.target` of the loss's terms, and `TERM.mask` where it has one."""
        absent = self._absent(batch)
        graph = compared_graph(self.spec.stages.losses[absent])
        return self._run(self._stage("compared", absent, graph), graph, outputs, batch)

    def metrics(
        self, outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]
    ) -> dict[str, dict[str, Tensor]]:
        """The metrics of one batch, by term; training measures whole splits. Raises InputError."""
        found = {}
        for name, compared in self.measured(outputs, batch).items():
            term = MeasuredTerm(self.spec, name)
            term.add(*compared)
            figures = term.figures()
            found[name] = {metric: torch.tensor(figures[metric]) for metric in term.term.metrics}
        return found

    # -- dummy data

    def dummy_batch(self, seed: int = 0, **sizes: int) -> dict[str, Tensor]:
        """A random batch that fits the declared inputs; `sizes` sets symbols (`B = 2, L = 2000`)."""
        return dummy_batch(self.spec, seed, sizes, self._evaluated)

    def _evaluated(self, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The outputs in evaluation mode, without gradients; the mode stays what it was."""
        training = self.module.training
        try:
            with torch.no_grad():
                return self.eval()(batch)
        finally:
            self.module.train(training)


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


def _followed(outputs: Mapping[str, Tensor], name: str) -> Tensor:
    if not isinstance(outputs, Followed):
        raise InputError(f"the loss reads the input `{name}`: give it the outputs of `compiled(batch)`")
    return outputs.inputs[name]


def _narrow(value: Tensor) -> Tensor:
    """A batch's value as the model's precision has it: numbers that a source keeps as float64 are float32."""
    return value.float() if value.dtype == torch.float64 else value


def _batch_keys(graph: Graph) -> set[str]:
    return {target.removeprefix("batch.") for target in graph.inputs if target.startswith("batch.")}
