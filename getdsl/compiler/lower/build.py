"""A graph to a GraphModule, one to one: nodes to fx nodes, modules to submodules, nested as they are."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, fx, nn

from getdsl.compiler.elaborate.torch_facts import answer_here
from getdsl.compiler.graph.graph import Constant, Graph, Module, Parameter
from getdsl.compiler.graph.torch_call import ROOM
from getdsl.compiler.lower import torch_probe
from getdsl.compiler.lower.halves.draws import Draw
from getdsl.compiler.lower.initialise import initialised
from getdsl.compiler.lower.lowering import Lowering, draw_names
from getdsl.compiler.lower.operations import DTYPES

answer_here(torch_probe.answer)  # to what faces ask of torch.nn


def lower(
    graph: Graph,
    shared: Mapping[str, nn.Module] | None = None,
    *,
    outermost: bool = True,
    at_door: bool = True,
) -> fx.GraphModule:
    """The GraphModule of a graph.

    It takes the graph's inputs by position or name. The outermost returns a dict of the outputs;
    a nested one returns the one output that is read, or a dict of several. `shared` holds the
    modules that a stage borrows from the model. What steps need of the inputs' sizes is held before the
    graph runs, or with `at_door` false by the graph itself.
    """
    owned = _owned(graph, shared, at_door)
    lowered = Lowering(graph, at_door=at_door).run(outermost)
    used = {node.target for node in lowered.nodes if node.op in ("call_module", "get_attr")}
    name = graph.name[0].upper() + graph.name[1:]
    result = fx.GraphModule({name: owned[name] for name in owned if name in used}, lowered, name)
    for name, item in owned.items():
        if name not in used:
            _attach(result, name, item)
    lowered.lint()
    return result


def _owned(
    graph: Graph, shared: Mapping[str, nn.Module] | None, at_door: bool
) -> dict[str, nn.Module | Tensor]:
    """The modules and parameters of a graph, made anew where the model does not lend them."""
    owned: dict[str, nn.Module | Tensor] = {
        name: shared[name]
        if shared is not None and name in graph.shared
        else make_module(module, at_door=at_door)
        for name, module in graph.modules.items()
    }
    draws = {name: Draw(graph.nodes[node].target) for node, name in draw_names(graph).items()}
    return owned | draws | {name: make_parameter(item) for name, item in graph.parameters.items()}


def _attach(root: fx.GraphModule, name: str, item: nn.Module | Tensor) -> None:
    """Puts a module or parameter that the graph does not use where its weights belong."""
    if isinstance(item, Tensor):
        owner, _, attribute = name.rpartition(".")
        target: nn.Module = root
        for step in owner.split(".") if owner else ():
            if not hasattr(target, step):
                target.add_module(step, nn.Module())
            target = getattr(target, step)
        if isinstance(item, nn.Parameter):
            target.register_parameter(attribute, item)
        else:
            target.register_buffer(attribute, item)
    else:
        root.add_submodule(name, item)


def make_module(module: Module, *, at_door: bool = True) -> nn.Module:
    """A module's body: its Python class, or its lowered graph."""
    if module.graph is not None:
        return lower(module.graph, outermost=False, at_door=at_door)
    if module.torch is not None:
        args = [plain_constant(value) for value in module.torch.args]
        kwargs = {name: plain_constant(value) for name, value in module.torch.kwargs.items()}
        made: nn.Module = torchs_class(module.extern or "")(*args, **kwargs)
        return made
    arguments = {name: plain_constant(value) for name, value in {**module.sizes, **module.params}.items()}
    body: nn.Module = extern_class(module.extern or "")(**arguments)
    return body


def plain_constant(value: Constant) -> Constant:
    """A number without its place in the spec, which no copy or pickle of a module should carry."""
    if isinstance(value, list):
        return [plain_constant(item) for item in value]
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def extern_class(target: str) -> Any:
    """The Python class that `module.path:Class` names. Raises ImportError where there is none."""
    path, _, name = target.partition(":")
    try:
        return getattr(importlib.import_module(path), name)
    except AttributeError as error:
        raise ImportError(f"`{path}` has no class `{name}`") from error


def torchs_class(target: str) -> Any:
    """The module of torch.nn that `torch.nn:Class` names. Raises ImportError for anything else."""
    name = target.removeprefix(f"{ROOM}:")
    found = vars(nn).get(name)
    if not isinstance(found, type) or not issubclass(found, nn.Module):
        raise ImportError(f"torch.nn has no module `{name}`")
    return found


def make_parameter(parameter: Parameter) -> Tensor:
    """A parameter of torch's, or a plain tensor, which becomes a buffer."""
    if parameter.kind == "weight":
        return nn.Parameter(initialised(parameter.shape, parameter.init))
    if parameter.made is None:
        return torch.empty(parameter.shape, dtype=DTYPES[parameter.dtype])
    with torch.no_grad():
        values: Tensor = lower(parameter.made, outermost=False)()
    return values.contiguous()


__all__ = ["extern_class", "lower", "make_module", "make_parameter"]
