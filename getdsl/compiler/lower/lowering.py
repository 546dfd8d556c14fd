"""The fx graph of a graph: a node for each of its nodes, and those that measure sizes at run time."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import fx
from torch.fx.node import Argument as FxArgument

from getdsl.compiler.graph.bounds import Multiple
from getdsl.compiler.graph.dimensions import Atom, Dim
from getdsl.compiler.graph.graph import Argument, Graph, Node, Ref, SliceArgument
from getdsl.compiler.graph.holds import Hold, Needs, Ranked, Returned, holds
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.lower import step_sizes
from getdsl.compiler.lower.input_names import input_names
from getdsl.compiler.lower.operations import DTYPES, MADE, METHODS, OPERATIONS, RANDOM
from getdsl.compiler.lower.python_text import fresh

Size: TypeAlias = "int | fx.Node"


class Lowering:
    """Writes the fx graph of one graph."""

    def __init__(self, graph: Graph, *, at_door: bool) -> None:
        self.source = graph
        self.holds = holds(graph, at_door=at_door)
        self.graph = fx.Graph()
        self.values: dict[Ref, fx.Node] = {}
        self.dims: dict[Dim, Size] = {}

    def run(self, outermost: bool) -> fx.Graph:
        names = input_names(self.source.inputs)
        for node in self.source.nodes.values():
            if node.kind == "input":
                self.values[Ref(node.name, "")] = self.graph.placeholder(names[node.target])
        for node in self.source.nodes.values():
            if node.kind != "input":
                self.node(node)
            for hold in self.holds.get(node.name, ()):
                self.hold(hold)
        outputs = {name: self.values[ref] for name, ref in self.source.outputs.items()}
        self.graph.output(outputs if outermost or len(outputs) != 1 else next(iter(outputs.values())))
        return self.graph

    def node(self, node: Node) -> None:
        if node.kind == "module":
            self.call_module(node)
            return
        name = _fx_name(node.name)
        if node.kind == "parameter":
            result = self.graph.create_node("get_attr", node.target, name=name)
        else:
            args, kwargs = self.arguments(node)
            if node.target in MADE:
                kwargs |= {"dtype": DTYPES[node.outputs[""].dtype], "device": self.device()}
            if node.target in RANDOM:
                target = draw_names(self.source)[node.name]
                result = self.graph.create_node("call_module", target, args, kwargs, name)
            elif node.target in METHODS:
                result = self.graph.create_node("call_method", node.target, args, kwargs, name)
            else:
                function = OPERATIONS[node.target]
                result = self.graph.create_node("call_function", function, args, kwargs, name)
        self.values[Ref(node.name, "")] = result

    def call_module(self, node: Node) -> None:
        module = self.source.modules[node.target]
        args, kwargs = self.arguments(node)
        if module.extern is not None and len(module.face_outputs) > 1:
            kwargs["outputs"] = tuple(node.outputs)
        take = None
        if module.torch is not None:
            given = {name: self.argument(item) for name, item in module.arguments(node).items()}
            placed, kwargs = module.torch.forward([*args], kwargs, given)
            args, take = tuple(placed), module.torch.take
        result = self.graph.create_node("call_module", node.target, args, kwargs, _fx_name(node.name))
        if take is not None:
            result = self.graph.call_function(operator.getitem, (result, take))
        many = module.returns_dict(node)
        for output in node.outputs:
            value = result
            if many:
                name = _fx_name(f"{node.name}_{output or 'output'}")
                value = self.graph.create_node("call_function", operator.getitem, (result, output), name=name)
            self.values[Ref(node.name, output)] = value

    def arguments(self, node: Node) -> tuple[tuple[FxArgument, ...], dict[str, FxArgument]]:
        args = tuple(self.argument(item) for item in node.args)
        return args, {name: self.argument(item) for name, item in node.kwargs.items()}

    def device(self) -> FxArgument:
        """The device of the first tensor at hand, for tensors that are made anew."""
        for value in self.values.values():
            return self.graph.call_function(getattr, (value, "device"))
        return torch.device("cpu")

    def argument(self, item: Argument) -> FxArgument:
        if isinstance(item, Ref):
            return self.values[item]
        if isinstance(item, Dim):
            return self.dim(item)
        if isinstance(item, SliceArgument):
            return slice(self.argument(item.start), self.argument(item.stop))
        if isinstance(item, tuple):
            return tuple(self.argument(each) for each in item)
        return item  # type: ignore[return-value]  # an ellipsis too, which fx takes in an index

    # -- sizes at run time

    def hold(self, hold: Hold) -> None:
        """A call that raises SizeError where sizes are not what the graph says."""
        match hold:
            case Ranked(ref, rank, dtype, told):
                self.graph.call_function(step_sizes.ranked, (self.values[ref], rank, dtype, told))
            case Returned(ref, shape, told):
                self.graph.call_function(
                    step_sizes.returned, (self.values[ref], (*map(self.dim, shape),), told)
                )
            case Needs(need, told):
                known = {str(symbol): self.symbol(symbol) for symbol in sorted(need.symbols)}
                size, other = self.dim(need.size), need.of if isinstance(need, Multiple) else need.number
                wanted = other if isinstance(other, int) else self.dim(other)
                function = step_sizes.multiple if isinstance(need, Multiple) else step_sizes.at_least
                self.graph.call_function(function, (size, wanted, told, known))

    def dim(self, dim: Dim) -> Size:
        """The value of a dimension at run time: sizes of the inputs, put together."""
        if dim.value is not None:
            return dim.value
        if dim not in self.dims:
            self.dims[dim] = self.compute(dim)
        return self.dims[dim]

    def compute(self, dim: Dim) -> Size:
        total: Size | None = None
        for monomial, factor in dim.terms:
            term: Size | None = factor if factor != 1 or not monomial else None
            for atom, power in monomial:
                value = self.atom(atom)
                for _ in range(power):
                    term = value if term is None else self.call(operator.mul, term, value)
            assert term is not None  # a monomial has an atom, or else a factor
            total = term if total is None else self.call(operator.add, total, term)
        return 0 if total is None else total

    def atom(self, atom: Atom) -> Size:
        if isinstance(atom, Symbol):
            return self.symbol(atom)
        return self.call(operator.floordiv, self.dim(atom.numerator), self.dim(atom.divisor))

    def call(self, function: Callable[[int, int], int], left: Size, right: Size) -> Size:
        if isinstance(left, int) and isinstance(right, int):
            return function(left, right)
        return self.graph.call_function(function, (left, right))

    def symbol(self, symbol: Symbol) -> Size:
        """A symbol, solved from the size of the axis that measures it."""
        known = Dim.symbol(symbol)
        if known not in self.dims:
            self.dims[known] = self.measured(symbol)
        return self.dims[known]

    def measured(self, symbol: Symbol) -> Size:
        source = self.source.symbols[symbol]
        measure = (self.values[source.ref], source.axis)
        slope, rest = source.pattern.split(symbol)
        if slope == 1 and rest == 0:
            return self.graph.create_node("call_method", "size", measure, name=_fx_name(str(symbol)))
        size: Size = self.graph.call_method("size", measure)
        size = self.call(operator.sub, size, self.dim(rest))
        return size if slope == 1 else self.call(operator.floordiv, size, slope)


def draw_names(graph: Graph) -> dict[str, str]:
    """The names of the modules that draw random numbers, by their nodes."""
    taken = {*graph.modules, *graph.parameters}
    found = {}
    for node in graph.nodes.values():
        if node.kind == "operation" and node.target in RANDOM:
            found[node.name] = fresh(f"{_fx_name(node.name)}_draw", taken)
    return found


def _fx_name(name: str) -> str:
    return name.replace(".", "_").replace("?", "")
