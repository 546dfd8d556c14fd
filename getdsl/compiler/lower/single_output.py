"""A model as a plain module of one output, as libraries of attribution and export want it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional

from getdsl.compiler.lower.build import lower
from getdsl.compiler.lower.export.plain_graph import merged_state, without_files
from getdsl.compiler.lower.model import Model
from getdsl.diagnostics import UserError, suggestion_or_list

NONLINEAR: Mapping[Callable[..., Any], type[nn.Module]] = {
    functional.relu: nn.ReLU,
    functional.softplus: nn.Softplus,
    functional.gelu: nn.GELU,
    functional.silu: nn.SiLU,
    torch.sigmoid: nn.Sigmoid,
    torch.tanh: nn.Tanh,
    torch.softmax: nn.Softmax,
}


def single_output(model: Model, name: str) -> fx.GraphModule:
    """The module of one output, see `Compiled.for_output`. Raises UserError."""
    whole = model.spec.graph
    if name not in whole.outputs:
        raise UserError(
            f"the model has no output `{name}`", suggestion_or_list(name, whole.outputs, "its outputs")
        )
    graph = without_files(replace(whole, outputs={name: whole.outputs[name]}))
    with torch.device("meta"):
        made = lower(graph, outermost=False)
    made.load_state_dict(merged_state(model), assign=True)
    for part in list(made.modules()):
        if isinstance(part, fx.GraphModule):
            _make_modules(part)
    return made.eval()


def _make_modules(part: fx.GraphModule) -> None:
    """Turns nonlinear functions into modules of their own, one for each call."""
    for node in list(part.graph.nodes):
        kind = NONLINEAR.get(node.target) if node.op == "call_function" else None
        if kind is None:
            continue
        name = f"{node.name}_{kind.__name__.lower()}"
        while hasattr(part, name):
            name += "_"
        part.add_submodule(name, kind(**_settings(node)))
        with part.graph.inserting_before(node):
            node.replace_all_uses_with(part.graph.call_module(name, node.args[:1]))
        part.graph.erase_node(node)
    part.recompile()


def _settings(node: fx.Node) -> dict[str, Any]:
    """What the module is made with: softmax is given its axis, here or there."""
    found = dict(node.kwargs)
    return found | {"dim": node.args[1]} if len(node.args) > 1 else found
