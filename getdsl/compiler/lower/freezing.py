"""Parts of a model that are frozen: in evaluation mode, whatever happens around them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace

from torch import nn

from getdsl.compiler.graph.graph import Graph, Module
from getdsl.compiler.lower.low_rank import named_parameters

MOVES_IN_EVAL = "update_in_eval"  # a param of bodies whose buffers move in evaluation mode too


class StaysInEval:
    """Stands in the place of a module's `train`; as data, so that copies and pickles of it keep it."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module

    def __call__(self, mode: bool = True) -> nn.Module:
        return nn.Module.train(self.module, False)


def keep_in_eval(part: nn.Module) -> None:
    """Keeps a part in evaluation mode through `.train()`: it normalises with its running statistics and drops
    nothing, and no buffer of it moves, those that move in evaluation mode included.

    Each module inside is marked by itself, so that a copy of a GraphModule, which loses such a mark, still
    holds modules that have it.
    """
    for module in part.modules():
        module.train = StaysInEval(module)  # type: ignore[method-assign]
        if getattr(module, MOVES_IN_EVAL, None) is True:
            setattr(module, MOVES_IN_EVAL, False)
    part.eval()


@contextmanager
def held(module: nn.Module, weights: Collection[str], parts: Collection[str]) -> Iterator[None]:
    """Freezes weights, and parts as `keep_in_eval` does, until the block ends.

    Names are those of `low_rank.named_parameters`; an adapter of a weight is named after it.
    """
    learning = [value for name, value in named_parameters(module) if name in weights and value.requires_grad]
    still = {each: None for part in parts for each in module.get_submodule(part).modules()}
    marks = [(each, each.__dict__.get("train"), getattr(each, MOVES_IN_EVAL, None)) for each in still]
    for value in learning:
        value.requires_grad_(False)
        value.grad = None
    for part in parts:
        keep_in_eval(module.get_submodule(part))
    try:
        yield
    finally:
        for value in learning:
            value.requires_grad_(True)
        for each, mark, moves in marks:
            _unmark(each, mark, moves)


def _unmark(module: nn.Module, mark: object, moves: object) -> None:
    if mark is None:
        module.__dict__.pop("train", None)
    if moves is not None:
        setattr(module, MOVES_IN_EVAL, moves)


def still(graph: Graph, parts: Collection[str], prefix: str = "") -> Graph:
    """The graph with the buffers of frozen parts at rest in evaluation mode, as `keep_in_eval` makes them."""
    if not parts:
        return graph
    modules = {
        name: _still_module(module, parts, f"{prefix}{name}") for name, module in graph.modules.items()
    }
    return replace(graph, modules=modules)


def _still_module(module: Module, parts: Collection[str], path: str) -> Module:
    if module.graph is not None:
        return replace(module, graph=still(module.graph, parts, f"{path}."))
    inside = any(path == part or path.startswith(f"{part}.") for part in parts)
    if inside and module.params.get(MOVES_IN_EVAL) is True:
        return replace(module, params={**module.params, MOVES_IN_EVAL: False})
    return module
