"""A graph under construction, with what its statements declare of it."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from getdsl.compiler.elaborate.budget import ExhaustedError
from getdsl.compiler.elaborate.faces import Bound
from getdsl.compiler.elaborate.values import Tensor, Value, as_argument
from getdsl.compiler.graph.bounds import Need, Needed
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph, Module, Node, Parameter, Ref, StateTensor, SymbolSource
from getdsl.compiler.graph.node import measuring
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.torch_call import TorchCall
from getdsl.compiler.graph.types import TensorType
from getdsl.diagnostics.mistakes import values
from getdsl.grammar import syntax
from getdsl.text.source import SourceFile, Span

COMPARED = 20_000  # needs, with the bounds that others make known


@dataclass
class Declared:
    """What a body says of itself: its outputs, and the Python class and tensors that are its body."""

    outputs: dict[str, TensorType] = field(default_factory=dict)
    poisoned: set[str] = field(default_factory=set)  # outputs whose values are wrong; "" where any may be
    places: dict[str, syntax.Output] = field(default_factory=dict)  # where each output is given first
    state: list[StateTensor] = field(default_factory=list)
    extern: str | None = None
    extern_file: SourceFile | None = None  # that names it
    torch: TorchCall | None = None  # how a module of torch.nn is made and applied
    origin: Span | None = None  # where that module is named


class OpenAxis(NamedTuple):
    """An axis of an input with symbols that some other axis must measure; None for what lengths divide."""

    input: str
    axis: int | None
    dim: Dim
    span: Span


@dataclass
class Draft:
    """The nodes, modules and parameters so far. `graph()` is what has become of it."""

    name: str
    doc: str | None = None
    nodes: dict[str, Node] = field(default_factory=dict)
    modules: dict[str, Module] = field(default_factory=dict)
    parameters: dict[str, Parameter] = field(default_factory=dict)
    symbols: dict[Symbol, SymbolSource] = field(default_factory=dict)
    outputs: dict[str, Ref] = field(default_factory=dict)
    taps: dict[Ref, TensorType] = field(default_factory=dict)
    bound: dict[str, Bound] = field(default_factory=dict)  # the blocks of modules, applied or not
    needs: dict[str, Needed] = field(default_factory=dict)  # by what they say
    least: dict[Symbol, int] = field(default_factory=dict)  # sizes, as far as needs bound them
    limiting: dict[Symbol, list[Needed]] = field(default_factory=dict)  # needs that may exclude large sizes
    compared: int = 0  # needs with new bounds
    open_axes: list[OpenAxis] = field(default_factory=list)
    derived: dict[str, syntax.Expr] = field(default_factory=dict)  # what inputs are computed of
    declared: Declared = field(default_factory=Declared)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)  # the last given to a name of a kind

    def type_of(self, ref: Ref) -> TensorType:
        return self.taps[ref] if ref in self.taps else self.nodes[ref.node].outputs[ref.output]

    def tensor(self, ref: Ref, span: Span) -> Tensor:
        return Tensor(ref, self.type_of(ref), span)

    def owner_of(self, name: str) -> Module | Parameter | Bound | None:
        """What has weights or a module under a name."""
        return self.modules.get(name) or self.parameters.get(name) or self.bound.get(name)

    # -- names

    def fresh(self, hint: str) -> str:
        return self._numbered("node", hint, self.nodes)

    def fresh_module(self, wanted: str) -> str:
        return self._numbered("module", wanted, self.modules)

    def _numbered(self, kind: str, wanted: str, taken: Container[str]) -> str:
        """A name that is not taken: the wanted one, or it with the next number behind it."""
        name, key = wanted, (kind, wanted)
        while name in taken:
            self.numbers[key] = self.numbers.get(key, 0) + 1
            name = f"{wanted}_{self.numbers[key]}"
        return name

    # -- nodes

    def add_operation(
        self,
        hint: str,
        operation: str,
        args: Sequence[Value],
        kwargs: Mapping[str, Value],
        type: TensorType,
        span: Span,
    ) -> Tensor:
        name = self.fresh(hint)
        arguments = tuple(map(as_argument, args))
        keywords = {key: as_argument(item) for key, item in kwargs.items()}
        self.nodes[name] = Node(name, "operation", operation, {"": type}, arguments, keywords, span)
        return Tensor(Ref(name, ""), type, span)

    def add_input(self, name: str, type: TensorType, span: Span, hint: str | None = None) -> Tensor:
        node = self.fresh(hint or name)
        self.nodes[node] = Node(node, "input", name, {"": type}, span=span)
        return Tensor(Ref(node, ""), type, span)

    def add_parameter(self, parameter: Parameter, span: Span) -> Tensor:
        self.parameters[parameter.name] = parameter
        type = TensorType(tuple(map(Dim.of, parameter.shape)), parameter.dtype)
        node = self.fresh(parameter.name)
        self.nodes[node] = Node(node, "parameter", parameter.name, {"": type}, span=span)
        return Tensor(Ref(node, ""), type, span)

    def add_call(
        self,
        node: str,
        module: str,
        outputs: Mapping[str, TensorType],
        args: Sequence[Tensor],
        kwargs: Mapping[str, Tensor],
        span: Span,
    ) -> Tensor:
        """The call of a module; its value is the first output."""
        keywords = {name: value.ref for name, value in kwargs.items()}
        self.nodes[node] = Node(
            node, "module", module, outputs, tuple(value.ref for value in args), keywords, span
        )
        first = next(iter(outputs))
        return Tensor(Ref(node, first), outputs[first], span, module)

    def tap(self, call: str, output: str, type: TensorType, span: Span) -> Tensor:
        """An output of a module inside a called block, which the block does not return yet."""
        ref = Ref(call, output)
        self.taps[ref] = type
        return Tensor(ref, type, span)

    # -- sizes

    def measure(self, ref: Ref, type: TensorType) -> None:
        """Notes where the new symbols of a type are found at run time."""
        self.symbols.update(measuring(ref, type, self.symbols))

    def note_open_axes(self, input: str, type: TensorType, span: Span) -> None:
        for axis, dim in enumerate(type.shape):
            if any(symbol not in self.symbols for symbol in dim.symbols):
                self.open_axes.append(OpenAxis(input, axis, dim, span))
        if type.of is not None:
            self.open_axes.append(OpenAxis(input, None, type.of, span))

    def uses(self, symbol: Symbol) -> bool:
        """Whether the size is one of a tensor's sides, or a value."""
        return any(
            symbol in dim.symbols
            for node in self.nodes.values()
            for dim in (*node.dims(), *(side for type in node.outputs.values() for side in type.dims or ()))
        )

    def note_need(self, need: Need, span: Span) -> Needed | None:
        """Notes what sizes must be, unless they are that already; returns a need that excludes it."""
        if need.always(self.least) or (said := str(need)) in self.needs:
            return None
        self.needs[said] = needed = Needed(need, span)
        bound = need.bound()
        if bound is not None:
            return self._bound(*bound, span)
        for symbol in need.symbols:
            self.limiting.setdefault(symbol, []).append(needed)
        if not need.never(self.least):
            return None
        bounding = (item for item in self.needs.values() if item.need.bound() is not None)
        return next(item for item in bounding if item.need.symbols & need.symbols)

    def _bound(self, symbol: Symbol, number: int, span: Span) -> Needed | None:
        """Notes the least size of a symbol; returns a need that excludes it."""
        self.least[symbol] = number
        limiting = self.limiting.get(symbol, [])
        self.compared += len(limiting)
        if self.compared > COMPARED:
            raise ExhaustedError(values.too_much("comparisons of what sizes must be", COMPARED, span))
        return next((item for item in limiting if item.need.never(self.least)), None)

    # -- the result

    def graph(self, *, shared: frozenset[str] = frozenset()) -> Graph:
        return Graph(
            self.name,
            self.nodes,
            self.outputs,
            self.modules,
            self.parameters,
            dict(self.symbols),
            self.doc,
            shared,
            dict(self.taps),
            needs=tuple(self.needs.values()),
        )
