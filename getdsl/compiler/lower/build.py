"""A graph to a GraphModule, one to one: nodes to fx nodes, modules to submodules, nested as they are."""

from __future__ import annotations

import importlib
import operator
from collections.abc import Mapping
from typing import Any

import torch
from torch import fx, nn

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph, Module, Node, Parameter, Ref, SliceArgument
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.lower.initialise import initialised
from getdsl.compiler.lower.operations import DTYPES, METHODS, OPERATIONS


def lower(
    graph: Graph, shared: Mapping[str, nn.Module] | None = None, *, outermost: bool = True
) -> fx.GraphModule:
    """The GraphModule of a graph.

    It takes the graph's inputs by position or name. The outermost returns a dict of the outputs;
    a nested one returns the one output that is read, or a dict of several. `shared` holds the
    modules that a stage borrows from the model.
    """
    modules: dict[str, Any] = {}
    for module in graph.modules.values():
        borrowed = shared is not None and module.name in graph.shared
        modules[module.name] = shared[module.name] if borrowed and shared is not None else make_module(module)
    for parameter in graph.parameters.values():
        modules[parameter.name] = make_parameter(parameter)
    lowered = _Lowering(graph).run(outermost)
    used = {node.target for node in lowered.nodes if node.op in ("call_module", "get_attr")}
    result = fx.GraphModule(
        {name: modules[name] for name in modules if name in used}, lowered, _class_name(graph.name)
    )
    for name, module in modules.items():
        if name not in used:
            _attach(result, name, module)
    lowered.lint()
    return result


def _class_name(name: str) -> str:
    return name[0].upper() + name[1:]


def _attach(root: fx.GraphModule, name: str, item: Any) -> None:
    """Puts a module or parameter that the graph does not use where its weights belong."""
    if isinstance(item, nn.Parameter):
        owner, _, attribute = name.rpartition(".")
        target: nn.Module = root
        for step in owner.split(".") if owner else ():
            if not hasattr(target, step):
                target.add_module(step, nn.Module())
            target = getattr(target, step)
        target.register_parameter(attribute, item)
    else:
        root.add_submodule(name, item)


def make_module(module: Module) -> nn.Module:
    """A module's body: its Python class, or its lowered graph."""
    if module.graph is not None:
        return lower(module.graph, outermost=False)
    arguments = {name: _plain(value) for name, value in {**module.sizes, **module.params}.items()}
    body: nn.Module = extern_class(module.extern or "")(**arguments)
    return body


def _plain(value: Any) -> Any:
    """A number without its place in the spec, which no copy or pickle of a module should carry."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else value


def extern_class(target: str) -> Any:
    """The Python class that `module.path:Class` names. Raises ImportError where there is none."""
    path, _, name = target.partition(":")
    try:
        return getattr(importlib.import_module(path), name)
    except AttributeError as error:
        raise ImportError(f"`{path}` has no class `{name}`") from error


def make_parameter(parameter: Parameter) -> nn.Parameter:
    return nn.Parameter(initialised(parameter.shape, parameter.init))


class _Lowering:
    """Writes the fx graph of one graph."""

    def __init__(self, graph: Graph) -> None:
        self.source = graph
        self.graph = fx.Graph()
        self.values: dict[tuple[str, str], fx.Node] = {}
        self.dims: dict[Dim, Any] = {}

    def run(self, outermost: bool) -> fx.Graph:
        for node in self.source.nodes.values():
            if node.kind == "input":
                self.values[node.name, ""] = self.graph.placeholder(placeholder_name(node.target))
        for node in self.source.nodes.values():
            if node.kind != "input":
                self.node(node)
        outputs = {name: self.values[ref.node, ref.output] for name, ref in self.source.outputs.items()}
        self.graph.output(outputs if outermost or len(outputs) != 1 else next(iter(outputs.values())))
        return self.graph

    def node(self, node: Node) -> None:
        if node.kind == "parameter":
            self.values[node.name, ""] = self.graph.create_node(
                "get_attr", node.target, name=_fx_name(node.name)
            )
        elif node.kind == "module":
            self.call_module(node)
        else:
            self.call_operation(node)

    def call_module(self, node: Node) -> None:
        module = self.source.modules[node.target]
        args = tuple(self.argument(item) for item in node.args)
        kwargs = {name: self.argument(item) for name, item in node.kwargs.items()}
        if module.extern is not None and len(module.face_outputs) > 1:
            kwargs["outputs"] = tuple(node.outputs)
        result = self.graph.create_node("call_module", node.target, args, kwargs, name=_fx_name(node.name))
        if len(node.outputs) == 1:
            self.values[node.name, next(iter(node.outputs))] = result
            return
        for output in node.outputs:
            name = _fx_name(f"{node.name}_{output or 'output'}")
            self.values[node.name, output] = self.graph.create_node(
                "call_function", operator.getitem, (result, output), name=name
            )

    def call_operation(self, node: Node) -> None:
        args = tuple(self.argument(item) for item in node.args)
        kwargs = {name: self.argument(item) for name, item in node.kwargs.items()}
        if node.target == "full":
            kwargs |= {"dtype": DTYPES[node.outputs[""].dtype], "device": self.device()}
        if node.target in METHODS:
            result = self.graph.create_node(
                "call_method", node.target, args, kwargs, name=_fx_name(node.name)
            )
        else:
            result = self.graph.create_node(
                "call_function", OPERATIONS[node.target], args, kwargs, name=_fx_name(node.name)
            )
        self.values[node.name, ""] = result

    def device(self) -> Any:
        """The device of the first tensor at hand, for tensors that are made anew."""
        for value in self.values.values():
            return self.graph.call_function(getattr, (value, "device"))
        return torch.device("cpu")

    def argument(self, item: Any) -> Any:
        if isinstance(item, Ref):
            return self.values[item.node, item.output]
        if isinstance(item, Dim):
            return self.dim(item)
        if isinstance(item, SliceArgument):
            return slice(self.argument(item.start), self.argument(item.stop))
        if isinstance(item, tuple):
            return tuple(self.argument(each) for each in item)
        return item

    # -- sizes at run time

    def dim(self, dim: Dim) -> Any:
        """The value of a dimension at run time: sizes of the inputs, put together."""
        if dim.value is not None:
            return dim.value
        if dim not in self.dims:
            self.dims[dim] = self.compute(dim)
        return self.dims[dim]

    def compute(self, dim: Dim) -> Any:
        total: Any = None
        for monomial, factor in dim.terms:
            term: Any = factor if factor != 1 or not monomial else None
            for atom, power in monomial:
                value = (
                    self.symbol(atom)
                    if isinstance(atom, Symbol)
                    else self.call(operator.floordiv, self.dim(atom.numerator), self.dim(atom.divisor))
                )
                for _ in range(power):
                    term = value if term is None else self.call(operator.mul, term, value)
            total = term if total is None else self.call(operator.add, total, term)
        return total

    def call(self, function: Any, left: Any, right: Any) -> Any:
        if not isinstance(left, fx.Node) and not isinstance(right, fx.Node):
            return function(left, right)
        return self.graph.call_function(function, (left, right))

    def symbol(self, name: Symbol) -> Any:
        """A symbol, solved from the size of the axis that measures it."""
        symbol = Dim.symbol(name)
        if symbol in self.dims:
            return self.dims[symbol]
        source = self.source.symbols[name]
        tensor = self.values[source.ref.node, source.ref.output]
        if source.pattern == symbol:
            size: Any = self.graph.create_node(
                "call_method", "size", (tensor, source.axis), name=_fx_name(str(name))
            )
        else:
            measured = self.graph.call_method("size", (tensor, source.axis))
            slope = next(factor for monomial, factor in source.pattern.terms if monomial == ((name, 1),))
            rest = self.dim(source.pattern - symbol * slope)
            size = self.call(operator.sub, measured, rest)
            size = size if slope == 1 else self.call(operator.floordiv, size, slope)
        self.dims[symbol] = size
        return size


def placeholder_name(target: str) -> str:
    return target.replace(".", "_")


def _fx_name(name: str) -> str:
    return name.replace(".", "_").replace("?", "")
