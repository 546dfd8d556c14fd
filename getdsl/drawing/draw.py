"""A checked spec to a picture of its model; torch is not imported."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field

from getdsl.compiler.cost import Cost
from getdsl.compiler.cost.tally import step_cost
from getdsl.compiler.graph.calls import call_bindings, known
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph, Module, Node
from getdsl.compiler.graph.operands import Argument, Ref, references
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.text import argument_text
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.program import library_definition
from getdsl.compiler.spec import Spec
from getdsl.compiler.work.units import bytes_text, flops_text
from getdsl.drawing.heads import with_heads
from getdsl.drawing.loops import Step, folded
from getdsl.drawing.picture import BORDER, Box, BoxKind, Edge, End, Inside, Picture, Port, Weights
from getdsl.drawing.states import States, states_of, under
from getdsl.text.source import Span

SIGNS = {"add": "+", "sub": "−", "mul": "×", "div": "÷", "pow": "^", "neg": "−", "matmul": "@"}


def draw(spec: Spec, sizes: Mapping[str, int] | None = None) -> Picture:
    """The model of a spec; `sizes` sets symbols, such as B, for its costs."""
    cost, states = step_cost(spec, sizes), states_of(spec)
    inside = with_heads(_Body(spec.graph, cost, states).inside())
    file = spec.path.name if spec.path is not None else ""
    return Picture(spec.model, spec.doc or "", file, inside, _totals(cost, under(states, "")))


def _totals(cost: Cost, weights: Weights) -> dict[str, str]:
    sizes = ", ".join(f"{name} = {size}" for name, size in sorted(cost.sizes.items()))
    figures = {
        "parameters": f"{weights.size:,}",
        "trainable": f"{weights.trainable:,}",
        "FLOPs forward": flops_text(cost.forward),
        "memory of weights": bytes_text(cost.parameters + cost.buffers),
        "kept for the backward pass": bytes_text(cost.activations),
        "sizes": sizes,
    }
    return {name: text for name, text in figures.items() if text}


@dataclass
class _Body:
    """A graph on its way to boxes; `path` are the nodes that lead to it, `owner` begins its weights' names.

    `sizes` are its symbols in the model's own.
    """

    graph: Graph
    cost: Cost
    states: States
    path: tuple[str, ...] = ()
    owner: str = ""
    sizes: Mapping[Symbol, Dim] = field(default_factory=dict)
    applied: dict[str, str] = field(default_factory=dict)  # modules, and the first boxes of them

    def inside(self) -> Inside:
        """All boxes and edges, with what a loop made folded."""
        steps = [step for node in self.graph.nodes.values() for step in self._step(node)]
        if not self.path:
            steps += [self._output(name, ref) for name, ref in self.graph.outputs.items()]
        edges = [*self._edges(), *self._results()]
        return folded(steps, list(dict.fromkeys(edges)), self._id(""))

    # -- boxes

    def _step(self, node: Node) -> Iterator[Step]:
        if node.kind == "input" and self.path:
            return  # a port of the box around it
        span = node.span
        place: Hashable = (span.file.name, span.start, span.end) if span is not None else node.name
        box = (
            self._call(node, self.graph.modules[node.target]) if node.kind == "module" else self._plain(node)
        )
        yield Step((node.kind, place, box.what), box)

    def _plain(self, node: Node) -> Box:
        """An input, a parameter or an operation."""
        kind: BoxKind = node.kind if node.kind != "module" else "block"
        parameter = self.graph.parameters[node.target] if node.kind == "parameter" else None
        arguments = (
            {"init": argument_text(parameter.init)} if parameter is not None and not parameter.made else {}
        )
        return Box(
            self._id(node.name),
            node.name,
            kind,
            self._what(node),
            tuple(Port(place, self._text(ref)) for place, ref in _placed(node)),
            self._gives(node),
            arguments,
            place=_place(node.span),
            code=_code(node.span),
            weights=self.states.get(self.owner + node.target, Weights())
            if parameter is not None
            else Weights(),
            cost=self.cost.line(*self.path, node.name),
        )

    def _call(self, node: Node, module: Module) -> Box:
        id = self._id(node.name)
        first = self.applied.setdefault(module.name, id)
        owner = f"{self.owner}{module.name}."
        given = {name: item for name, item in module.arguments(node).items() if isinstance(item, Ref)}
        return Box(
            id,
            node.name,
            "block",
            module.block,
            tuple(Port(name, self._text(ref)) for name, ref in given.items()),
            self._gives(node),
            {name: argument_text(value) for name, value in module.params.items()},
            _doc(module),
            _place(node.span),
            _code(node.span),
            under(self.states, owner) if first == id else Weights(),
            self.cost.line(*self.path, node.name),
            first if first != id else "",
            inside=self._opened(node, module, owner) if module.graph is not None else None,
        )

    def _opened(self, node: Node, module: Module, owner: str) -> Inside:
        assert module.graph is not None
        sizes = call_bindings(module.graph, module.arguments(node), self._type)
        body = _Body(module.graph, self.cost, self.states, (*self.path, node.name), owner, sizes)
        return body.inside()

    def _output(self, name: str, ref: Ref) -> Step:
        source = self.graph.nodes[ref.node]
        port = Port("", self._text(ref))
        box = Box(f"output {name}", name, "output", "output", (port,), (), place=_place(source.span))
        line = (source.span.file.name, source.span.start) if source.span is not None else source.name
        return Step(("output", line), box)

    def _what(self, node: Node) -> str:
        if node.kind == "parameter":
            return "Buffer" if self.graph.parameters[node.target].kind == "buffer" else "Parameter"
        return node.kind if node.kind == "input" else _operation(node)

    # -- edges

    def _edges(self) -> Iterator[Edge]:
        """From what gives a tensor to each place where a node reads it."""
        for node in self.graph.nodes.values():
            for place, ref in self._read(node):
                yield Edge(self._end(ref), End(self._id(node.name), place), self._text(ref))

    def _read(self, node: Node) -> Iterator[tuple[str, Ref]]:
        if node.kind != "module":
            yield from _placed(node)
            return
        for name, item in self.graph.modules[node.target].arguments(node).items():
            if isinstance(item, Ref):
                yield name, item

    def _results(self) -> Iterator[Edge]:
        for name, ref in self.graph.outputs.items():
            target = End(BORDER, name) if self.path else End(f"output {name}", "")
            yield Edge(self._end(ref), target, self._text(ref))

    def _end(self, ref: Ref) -> End:
        """Where a tensor comes from: a box, or a port of the box around."""
        node = self.graph.nodes[ref.node]
        if node.kind == "input" and self.path:
            return End(BORDER, node.target)
        return End(self._id(ref.node), ref.output)

    # -- words

    def _id(self, name: str) -> str:
        return ".".join((*self.path, name))

    def _gives(self, node: Node) -> tuple[Port, ...]:
        return tuple(Port(name, self._text(Ref(node.name, name))) for name in node.outputs)

    def _type(self, ref: Ref) -> TensorType:
        """In the model's sizes, where it knows them."""
        own = self.graph.type_of(ref)
        told = known(own, self.sizes) if self.path else own
        return own if told.dims is None else told

    def _text(self, ref: Ref) -> str:
        return str(self._type(ref))


def _placed(node: Node) -> Iterator[tuple[str, Ref]]:
    """The tensors that an operation reads, by their places in the call."""
    given: list[tuple[str, Argument]] = [(str(place), item) for place, item in enumerate(node.args)]
    for place, item in (*given, *node.kwargs.items()):
        found = list(references(item))
        for number, ref in enumerate(found):
            yield (place if isinstance(item, Ref) else f"{place}.{number}"), ref


def _operation(node: Node) -> str:
    """An operation in few words: its sign, or its name with the constants that it is given."""
    constants = [argument_text(item) for item in node.args if not any(references(item))]
    if node.target == "getitem":
        index = node.args[1]
        return f"[{', '.join(map(argument_text, index))}]" if isinstance(index, tuple) else f"[{index}]"
    if node.target in SIGNS and not constants:
        return SIGNS[node.target]
    named = [
        f"{name} = {argument_text(item)}" for name, item in node.kwargs.items() if not any(references(item))
    ]
    words = ", ".join((*constants, *named))
    sign = SIGNS.get(node.target)
    return f"{sign} {words}" if sign else f"{node.target}({words})" if words else node.target


def _doc(module: Module) -> str:
    if module.graph is not None and module.graph.doc:
        return module.graph.doc
    definition = library_definition(module.block) if module.in_library else None
    return (definition.doc or "") if definition is not None else ""


def _place(span: Span | None) -> str:
    return f"{span.file.name}:{span.line}" if span is not None else ""


def _code(span: Span | None) -> str:
    return span.in_a_line if span is not None else ""
