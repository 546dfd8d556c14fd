"""Outputs, weights, adapters and terms of the loss that training does nothing with."""

from __future__ import annotations

from collections.abc import Iterator

from getdsl.compiler.cost.gradients import gradients
from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.graph.node import PARAMETER
from getdsl.compiler.plan.lint.flow import Flow
from getdsl.compiler.plan.lint.named_parts import parts
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.mistakes import gradients as mistakes

Warnings = Iterator[Diagnostic]


def unread_outputs(flow: Flow) -> Warnings:
    """Outputs that the loss does not read; a note where they show what another output is trained for."""
    losses = flow.spec.stages.losses.values()
    learnt = frozenset().union(*(each.reached for each in flow.everywhere))
    complete = flow.traces[0]
    for name, ref in flow.spec.graph.outputs.items():
        if not any(_is_used(graph, name) for graph in losses):
            made_of = gradients(complete, complete.weights.keys(), [complete.outputs[name]]).reached
            shown = bool(made_of) and made_of <= learnt
            place = flow.spec.graph.nodes[ref.node].span
            yield mistakes.unread_output(name, place, "note" if shown else "warning")


def _is_used(graph: Graph, target: str) -> bool:
    names = {node.name for node in graph.nodes.values() if node.kind == "input" and node.target == target}
    return any(ref.node in names for node in graph.nodes.values() for ref in graph.dependencies(node)) or any(
        ref.node in names for ref in graph.outputs.values()
    )


def unreached_weights(flow: Flow) -> Warnings:
    trained = {name for name, item in flow.plan.tensors.items() if item.trainable and item.adapter is None}
    for part, names in parts(flow, trained - flow.reached - flow.idle):
        yield mistakes.unreached_weights(part, names, flow.span(names[0]))
    for part, names in parts(flow, trained & flow.reached - flow.taught):
        yield mistakes.weightless_terms_only(part, names, flow.span(names[0]))


def unreached_adapters(flow: Flow) -> Warnings:
    adapted = {name for name, item in flow.plan.tensors.items() if item.adapter is not None}
    settings = flow.spec.settings.get("lora")
    for part, names in parts(flow, adapted - flow.taught):
        bound = flow.span(names[0])
        place = settings.span if settings is not None else bound
        yield mistakes.unreached_adapters(part, names, place, bound if settings is not None else None)


def idle_terms(flow: Flow) -> Warnings:
    for name, term in flow.spec.stages.terms.items():
        if not any(each.reached for each in flow.terms[name]):
            yield mistakes.term_without_learners(name, term.setting.span)


def frozen_penalties(flow: Flow) -> Warnings:
    """Terms that are made of weights by name, of which some are frozen and some learn."""
    for name, term in flow.spec.stages.terms.items():
        frozen = sorted(_named_weights(flow, name) - flow.learning)
        if frozen and any(each.reached for each in flow.terms[name]):
            yield mistakes.frozen_penalty(name, frozen, term.setting.span)


def _named_weights(flow: Flow, term: str) -> set[str]:
    """The weights that a term names: `sum(abs(scanner.weight))`."""
    losses = [graph for graph in flow.spec.stages.losses.values() if term in graph.outputs]
    read = (graph.nodes[node].target for graph in losses for node in graph.reachable([term]))
    return {target.removeprefix(PARAMETER) for target in read if target.startswith(PARAMETER)}
