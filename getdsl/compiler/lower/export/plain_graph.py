"""A model without what only getdsl has: no fused kernels, no files, adapters put onto their weights."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, fx

from getdsl.compiler.constants.paths import PathText
from getdsl.compiler.graph.graph import Graph, Module
from getdsl.compiler.lower import low_rank, step_sizes
from getdsl.compiler.lower.build import lower
from getdsl.compiler.lower.model import Model

HOLDS = (step_sizes.ranked, step_sizes.returned, step_sizes.at_least, step_sizes.multiple)


def plain_module(model: Model) -> fx.GraphModule:
    """The model's module in plain operations and evaluation mode; it shares the weights.

    Sizes that only a step tells are not held: a traced graph has no errors of its own.
    """
    with torch.device("meta"):
        made = lower(without_files(model.spec.graph))
    made.load_state_dict(merged_state(model), assign=True)
    for part in made.modules():
        if isinstance(part, fx.GraphModule):
            _take_holds_out(part)
    return made.eval()


def _take_holds_out(part: fx.GraphModule) -> None:
    for node in list(part.graph.nodes):
        if node.target in HOLDS:
            part.graph.erase_node(node)
    part.recompile()


def merged_state(model: Model) -> dict[str, Tensor]:
    """The state dict of the model without adapters, what they add put onto their weights."""
    state = model.state_dict()
    for name, adapter in low_rank.adapters(model.module).items():
        training = adapter.training
        state[name] = adapter.eval()(state[name]).detach()
        adapter.train(training)
    parts = tuple(f"{name}.lora_" for name in model.adaptation.adapters)
    return {name: tensor for name, tensor in state.items() if not name.startswith(parts)}


def without_files(graph: Graph) -> Graph:
    """The graph whose blocks name no files: they only fill weights, which are at hand."""
    return replace(
        graph,
        modules={name: _without_file(item) for name, item in graph.modules.items()},
        parameters={name: replace(item, made=None) for name, item in graph.parameters.items()},
    )


def _without_file(module: Module) -> Module:
    params = {name: None if isinstance(value, PathText) else value for name, value in module.params.items()}
    inner = None if module.graph is None else without_files(module.graph)
    return replace(module, params=params, graph=inner)
