"""The forward of a graph as lines of Python."""

from __future__ import annotations

from collections.abc import Iterator

from getdsl.compiler.graph.bounds import AtLeast, Multiple
from getdsl.compiler.graph.dimensions import Atom, Dim, FloorDivision
from getdsl.compiler.graph.graph import Argument, Constant, Graph, Module, Node, Ref, SliceArgument
from getdsl.compiler.graph.holds import Hold, Needs, Ranked, Returned, holds
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.torch_call import TorchCall
from getdsl.compiler.lower.emit_imports import Imports
from getdsl.compiler.lower.input_names import IN_FORWARDS, input_names
from getdsl.compiler.lower.operations import MADE, METHODS, OPERATIONS, RANDOM, UNARY
from getdsl.compiler.lower.python_text import fresh, identifier, literal

INFIX = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "pow": "**",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
}
TORCH = frozenset(
    {
        *UNARY,
        *"detach logical_not".split(),
        *"any all transpose squeeze unsqueeze flatten concat stack matmul full_like".split(),
        *"einsum unflatten argmax argmin argsort".split(),
    }
)
FUNCTIONAL = frozenset({"softplus", "relu", "gelu", "silu", "elu", "leaky_relu"})
DTYPES = {"float": "torch.float32", "int": "torch.int64", "bool": "torch.bool"}
OWN_NAMES = {"max": "largest", "min": "smallest", "sum": "total"}
OWN = frozenset(  # functions of ours, of `operations`
    OWN_NAMES.get(name, name) for name in OPERATIONS.keys() - INFIX.keys() - TORCH - FUNCTIONAL - METHODS
)


class Forward:
    """The lines of a graph's forward; what they need is added to `imports`."""

    def __init__(self, graph: Graph, imports: Imports, outermost: bool, held: bool = True) -> None:
        self.graph = graph
        self.imports = imports
        self.outermost = outermost
        called = input_names(graph.inputs)
        self.names = {node.name: called[node.target] for node in self.inputs()}
        self.taken = {*IN_FORWARDS, *called.values(), *imports.reserved}
        self.symbols: dict[Symbol, str] = {}
        self.pending: list[str] = []
        self.lists = _listed(graph)
        self.holds = holds(graph, at_door=True) if held else {}

    def signature(self) -> str:
        inputs = [f"{self.name(node.name)}: Tensor" for node in self.inputs()]
        result = "dict[str, Tensor]" if self.returns_dict() else "Tensor"
        return f"self, {', '.join(inputs)}) -> {result}:"

    def inputs(self) -> list[Node]:
        return [node for node in self.graph.nodes.values() if node.kind == "input"]

    def returns_dict(self) -> bool:
        return self.outermost or len(self.graph.outputs) != 1

    def name(self, node: str) -> str:
        if node not in self.names:
            self.names[node] = fresh(identifier(node), self.taken)
        return self.names[node]

    def lines(self) -> Iterator[str]:
        for node in self.graph.nodes.values():
            if node.kind != "input":
                yield from self.assignment(node)
            for hold in self.holds.get(node.name, ()):
                text = self.hold(hold)
                yield from self.sizes_first()
                yield text
        yield self.result()

    def assignment(self, node: Node) -> Iterator[str]:
        """The sizes that a node reads first, then its value, with its types where the line has room."""
        text = self.expression(node)
        yield from self.sizes_first()
        types = ", ".join(str(type.plain()) for type in node.outputs.values())
        line = f"{self.name(node.name)} = {text}"
        yield f"{line}  # {types}" if len(line) + len(types) < 105 else line

    def sizes_first(self) -> Iterator[str]:
        """The lines that measure what the next line reads."""
        yield from self.pending
        self.pending.clear()

    def hold(self, hold: Hold) -> str:
        """A call that raises SizeError where sizes are not what the graph says."""
        match hold:
            case Ranked(ref, rank, dtype, told):
                name, args = "ranked", [self.argument(ref), str(rank), literal(dtype)]
            case Returned(ref, shape, told):
                name, args = "returned", [self.argument(ref), f"[{', '.join(map(self.dim, shape))}]"]
            case Needs(Multiple(size=size, of=of), told):
                name, args = "multiple", [self.dim(size), self.dim(of)]
            case Needs(AtLeast(size=size, number=number), told):
                name, args = "at_least", [self.dim(size), str(number)]
        known = sorted(hold.need.symbols) if isinstance(hold, Needs) else ()
        measured = ", ".join(f"{literal(str(symbol))}: {self.atom(symbol)}" for symbol in known)
        last = f", {{{measured}}}" if isinstance(hold, Needs) else ""
        function = self.imports.inside("getdsl.compiler.lower.step_sizes", name)
        return f"{function}({', '.join(args)}, {literal(told)}{last})"

    def result(self) -> str:
        outputs = {name: self.argument(ref) for name, ref in self.graph.outputs.items()}
        if self.returns_dict():
            return "return {" + ", ".join(f"{literal(name)}: {text}" for name, text in outputs.items()) + "}"
        return f"return {next(iter(outputs.values()))}"

    def expression(self, node: Node) -> str:
        if node.kind == "parameter":
            return self.attribute(node.target)
        args = [self.argument(item) for item in node.args]
        kwargs = [f"{name}={self.argument(item)}" for name, item in node.kwargs.items()]
        if node.kind == "module":
            module = self.graph.modules[node.target]
            if module.extern is not None and len(module.face_outputs) > 1:
                kwargs.append(f"outputs={self.argument(tuple(node.outputs))}")
            if module.torch is not None:
                return self.torchs(node, module, module.torch)
            return f"{self.attribute(node.target)}({', '.join([*args, *kwargs])})"
        return self.operation(node, args, kwargs)

    def torchs(self, node: Node, module: Module, call: TorchCall) -> str:
        """A call of a module of torch.nn, and the result that is taken."""
        given = {name: _Text(self.argument(item)) for name, item in module.arguments(node).items()}
        placed = [_Text(self.argument(item)) for item in node.args]
        args, kwargs = call.forward(placed, {name: given[name] for name in node.kwargs}, given)
        shown = [*map(_written, args), *(f"{name}={_written(item)}" for name, item in kwargs.items())]
        taken = f"[{call.take}]" if call.take is not None else ""
        return f"{self.attribute(node.target)}({', '.join(shown)}){taken}"

    def operation(self, node: Node, args: list[str], kwargs: list[str]) -> str:
        name = node.target
        if name in INFIX:
            return f"{args[0]} {INFIX[name]} {args[1]}"
        if name == "getitem":
            index = node.args[1]
            items = index if isinstance(index, tuple) else (index,)
            return f"{args[0]}[{', '.join(map(self.item, items))}]"
        if name in MADE:
            kwargs += [f"dtype={DTYPES[node.outputs[''].dtype]}", f"device={self.device()}"]
        if name in RANDOM:
            kwargs += ["training=self.training"]
        if name == "full":
            return f"torch.full({', '.join([*args, *kwargs])})"
        if name in METHODS:
            return f"{args[0]}.{name}({', '.join([*args[1:], *kwargs])})"
        if name in FUNCTIONAL:
            self.imports.functional = True
            return f"functional.{name}({', '.join([*args, *kwargs])})"
        if name in TORCH:
            return f"torch.{name}({', '.join([*args, *kwargs])})"
        function = self.imports.inside("getdsl.compiler.lower.operations", OWN_NAMES.get(name, name))
        return f"{function}({', '.join([*args, *kwargs])})"

    def device(self) -> str:
        return f"{next(iter(self.names.values()))}.device"

    def attribute(self, target: str) -> str:
        first, *rest = target.split(".")
        text, walked = self.owned(first, alone=not rest), first
        for step in rest:
            text += f"[{step}]" if walked in self.lists else f"[{literal(step)}]"
            walked += f".{step}"
        return text

    def owned(self, name: str, *, alone: bool) -> str:
        """An attribute of the module, by a text where Python would rename it in a class."""
        if not name.startswith("__"):
            return f"self.{name}"
        kind = "parameter" if alone and name in self.graph.parameters else "submodule"
        return f"self.get_{kind}({literal(name)})"

    def argument(self, item: Argument) -> str:
        if isinstance(item, Ref):
            node = self.graph.nodes[item.node]
            name = self.name(item.node)
            many = node.kind == "module" and self.graph.modules[node.target].returns_dict(node)
            return f"{name}[{literal(item.output)}]" if many else name
        if isinstance(item, Dim):
            return self.dim(item)
        if isinstance(item, tuple):
            inside = ", ".join(self.argument(each) for each in item)
            return f"({inside},)" if len(item) == 1 else f"({inside})"
        return literal(item)

    def item(self, item: Argument) -> str:
        if item is Ellipsis:
            return "..."
        if isinstance(item, SliceArgument):
            start, stop = ("" if bound is None else self.argument(bound) for bound in (item.start, item.stop))
            return f"{start}:{stop}"
        return self.argument(item)

    # -- sizes

    def dim(self, dim: Dim) -> str:
        if dim.value is not None:
            return str(dim.value)
        terms = []
        for monomial, factor in dim.terms:
            factors = [str(factor)] if factor != 1 or not monomial else []
            for atom, power in monomial:
                factors += [self.atom(atom)] * power
            terms.append(" * ".join(factors))
        return " + ".join(terms)

    def grouped(self, dim: Dim) -> str:
        """A size within an operation: a sum or a product in brackets."""
        text = self.dim(dim)
        return text if text.isidentifier() or text.isdecimal() else f"({text})"

    def atom(self, atom: Atom) -> str:
        if isinstance(atom, FloorDivision):
            return f"({self.grouped(atom.numerator)} // {self.grouped(atom.divisor)})"
        if atom not in self.symbols:
            source = self.graph.symbols[atom]
            ref = self.argument(source.ref)
            slope, rest = source.pattern.split(atom)
            size = f"{ref}.size({source.axis})"
            if rest != 0:
                size = f"{size} - ({self.dim(rest)})"
            if slope != 1:
                size = f"({size}) // {slope}"
            self.symbols[atom] = self.name(f"size {atom}")
            self.pending.append(f"{self.symbols[atom]} = {size}")
        return self.symbols[atom]


class _Text(str):
    """A text that is written as it is."""


def _written(item: _Text | Constant) -> str:
    return item if isinstance(item, _Text) else literal(item)


def _listed(graph: Graph) -> set[str]:
    """The owners whose items are numbered from 0 in order, and so stand in a ModuleList."""
    owners: dict[str, list[str]] = {}
    for name in (*graph.parameters, *graph.modules):
        steps = name.split(".")
        for depth in range(1, len(steps)):
            keys = owners.setdefault(".".join(steps[:depth]), [])
            if steps[depth] not in keys:
                keys.append(steps[depth])
    return {owner for owner, keys in owners.items() if keys == [str(number) for number in range(len(keys))]}
