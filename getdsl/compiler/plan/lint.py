"""What the graph tells of a planned training: outputs, weights and adapters that get no gradient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from getdsl.compiler.cost.gradients import Gradients, gradients
from getdsl.compiler.cost.trace import Trace, trace
from getdsl.compiler.graph.graph import Graph, Module
from getdsl.compiler.plan.plan import Plan, TensorPlan
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import Diagnostic, Diagnostics, Label
from getdsl.text.source import Span

NORMS = ("LayerNorm", "BatchNorm")
NAMED = 3  # how many names a message lists


def lint(spec: Spec, plan: Plan) -> list[Diagnostic]:
    """Warnings GET530 to GET535, by place. A spec without a loss has none."""
    if not spec.stages.terms:
        return []
    found = Diagnostics()
    flow = Flow(spec, plan)
    for check in (_outputs, _weights, _adapters, _terms, _norms):
        for item in check(flow):
            found.add(item)
    return found.sorted()


def reached(spec: Spec, plan: Plan, absent: frozenset[str] = frozenset()) -> frozenset[str]:
    """The weights to which `backward` gives a gradient, for a batch without the optional keys `absent`."""
    return gradients(trace(spec, absent=absent), Flow(spec, plan).learning).reached


@dataclass(frozen=True)
class Flow:
    """The gradients of a plan, for each term of the loss and each set of optional keys that may be absent."""

    spec: Spec
    plan: Plan

    @cached_property
    def learning(self) -> frozenset[str]:
        """Weights to which gradients are asked for: those that train, and those under an adapter."""
        return frozenset(
            name
            for name, item in self.plan.tensors.items()
            if item.trainable or (item.adapter is not None and item.kind != "buffer")
        )

    @cached_property
    def traces(self) -> list[Trace]:
        return [trace(self.spec, absent=absent) for absent in self.spec.stages.losses]

    @cached_property
    def terms(self) -> dict[str, list[Gradients]]:
        return {
            name: [gradients(item, self.learning, [item.terms[name]]) for item in self.traces]
            for name in self.spec.stages.terms
        }

    @cached_property
    def everywhere(self) -> list[Gradients]:
        """As if everything learnt: what the loss reaches whatever is frozen."""
        return [gradients(item, item.weights.keys()) for item in self.traces]

    @cached_property
    def reached(self) -> frozenset[str]:
        return self._reached_by(self.terms)

    @cached_property
    def taught(self) -> frozenset[str]:
        """Weights that a term with a weight above 0 reaches."""
        return self._reached_by(name for name, term in self.spec.stages.terms.items() if term.weight > 0)

    def _reached_by(self, terms: Iterable[str]) -> frozenset[str]:
        return frozenset().union(*(each.reached for name in terms for each in self.terms[name]))

    @cached_property
    def modules(self) -> dict[str, Module]:
        return dict(self.spec.graph.walk_modules())

    def span(self, path: str) -> Span | None:
        """Where the outermost part of a name is bound."""
        graph: Graph = self.spec.graph
        bound = {name: item.span for name, item in graph.modules.items()}
        bound |= {name: item.span for name, item in graph.parameters.items()}
        return next(
            (span for name, span in bound.items() if path == name or path.startswith(f"{name}.")), None
        )


def _warning(code: str, message: str, span: Span | None, help: str, *labels: Label) -> Diagnostic:
    primary = Label(span) if span is not None else None
    return Diagnostic(code, message, primary, labels, help=help, severity="warning")


def _outputs(flow: Flow) -> Iterator[Diagnostic]:
    """Outputs that the loss does not read; a note where they show what another output is trained for."""
    losses = flow.spec.stages.losses.values()
    learnt = frozenset().union(*(each.reached for each in flow.everywhere))
    for name, ref in flow.spec.graph.outputs.items():
        if any(_is_used(graph, name) for graph in losses):
            continue
        complete = flow.traces[0]
        made_of = gradients(complete, complete.weights.keys(), [complete.outputs[name]]).reached
        found = _warning(
            "GET530",
            f"no term of the loss reads the output `{name}`",
            flow.spec.graph.nodes[ref.node].span,
            f"give it a term in `loss`, or take it away: `remove {name}`",
        )
        yield replace(found, severity="note") if made_of and made_of <= learnt else found


def _is_used(graph: Graph, target: str) -> bool:
    names = {node.name for node in graph.nodes.values() if node.kind == "input" and node.target == target}
    return any(ref.node in names for node in graph.nodes.values() for ref in graph.dependencies(node)) or any(
        ref.node in names for ref in graph.outputs.values()
    )


def _weights(flow: Flow) -> Iterator[Diagnostic]:
    trained = {name for name, item in flow.plan.tensors.items() if item.trainable and item.adapter is None}
    for part, names in _parts(flow, trained - flow.reached):
        yield _warning(
            "GET531",
            f"the loss does not reach {_listed(part, names)}, which would be trained",
            flow.span(names[0]),
            f"freeze what does not learn: `freeze = [{_pattern(part, names)}]`",
        )
    for part, names in _parts(flow, trained & flow.reached - flow.taught):
        yield _warning(
            "GET534",
            f"only terms of weight 0 reach {_listed(part, names)}",
            flow.span(names[0]),
            f"freeze what does not learn: `freeze = [{_pattern(part, names)}]`",
        )


def _adapters(flow: Flow) -> Iterator[Diagnostic]:
    adapted = {name for name, item in flow.plan.tensors.items() if item.adapter is not None}
    settings = flow.spec.settings.get("lora")
    for part, names in _parts(flow, adapted - flow.taught):
        span = flow.span(names[0])
        labels = [Label(span, "bound here")] if settings is not None and span is not None else []
        yield _warning(
            "GET533",
            f"no gradient reaches the adapter of {_listed(part, names)}",
            settings.span if settings is not None else span,
            "take it out of `lora { on = […] }`, or give its output a term in `loss`",
            *labels,
        )


def _terms(flow: Flow) -> Iterator[Diagnostic]:
    for name, term in flow.spec.stages.terms.items():
        if not any(each.reached for each in flow.terms[name]):
            yield _warning(
                "GET535",
                f"the term `{name}` reaches nothing that is trained",
                term.setting.span,
                "take the term away, or train something that it reads",
            )


def _norms(flow: Flow) -> Iterator[Diagnostic]:
    """Normalisation that still changes where all the other weights of the part around it stand still."""
    tensors = flow.plan.tensors
    norms = {path: module for path, module in flow.modules.items() if module.block in NORMS}
    own = {f"{path}.{tensor.name}" for path, module in norms.items() for tensor in module.tensors()}
    blamed: dict[str, list[str]] = {}
    for path in norms:
        inside = [item for name, item in tensors.items() if name.startswith(f"{path}.")]
        part = path.rpartition(".")[0]
        others = [item for name, item in tensors.items() if name.startswith(f"{part}.") and name not in own]
        if part and _changes(inside, path, flow) and _is_frozen(others):
            blamed.setdefault(_outermost(part, tensors, own), []).append(path)
    for part, paths in blamed.items():
        yield _warning(
            "GET532",
            f"`{part}` is frozen but for its normalisation, {_names(paths)}",
            flow.span(part),
            f"freeze it as a whole: `freeze = [{part}]`",
        )


def _changes(inside: Iterable[TensorPlan], path: str, flow: Flow) -> bool:
    """Its scale and shift train, or it keeps running statistics and no part around it stays in eval."""
    items = list(inside)
    stays = any(path == part or path.startswith(f"{part}.") for part in flow.plan.frozen_parts)
    return any(item.trainable for item in items) or (
        not stays and any(item.name.endswith("running_mean") for item in items)
    )


def _is_frozen(others: Iterable[TensorPlan]) -> bool:
    """At least one weight that a directive froze, and none that learns."""
    items = [item for item in others if item.kind != "buffer"]
    still = all(not item.trainable and item.adapter is None for item in items)
    return still and any(item.frozen and item.kind == "weight" for item in items)


def _outermost(part: str, tensors: Mapping[str, TensorPlan], own: set[str]) -> str:
    """The largest part around this one that is frozen but for normalisation."""
    while "." in part:
        outer = part.rpartition(".")[0]
        others = [item for name, item in tensors.items() if name.startswith(f"{outer}.") and name not in own]
        if not _is_frozen(others):
            break
        part = outer
    return part


def _parts(flow: Flow, names: Iterable[str]) -> Iterator[tuple[str | None, list[str]]]:
    """Names by the outermost parts that hold nothing else that learns; None for a name by itself."""
    left = sorted(names, key=list(flow.plan.tensors).index)
    chosen = set(left)
    learning = [
        name for name, item in flow.plan.tensors.items() if item.trainable or item.adapter is not None
    ]
    whole = [
        path
        for path in flow.modules
        if (inside := [name for name in learning if name.startswith(f"{path}.")])
        and chosen.issuperset(inside)
    ]
    while left:
        part = next((path for path in whole if left[0].startswith(f"{path}.")), None)
        group = [left[0]] if part is None else [name for name in left if name.startswith(f"{part}.")]
        yield part, group
        left = [name for name in left if name not in group]


def _listed(part: str | None, names: list[str]) -> str:
    if part is None:
        return f"`{names[0]}`"
    return f"`{part}`" if len(names) == 1 else f"the {len(names)} weights of `{part}`"


def _pattern(part: str | None, names: list[str]) -> str:
    return part or names[0]


def _names(paths: list[str]) -> str:
    shown = ", ".join(f"`{path}`" for path in paths[:NAMED])
    return shown + (f" and {len(paths) - NAMED} more" if len(paths) > NAMED else "")
