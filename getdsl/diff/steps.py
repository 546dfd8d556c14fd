"""The steps of a graph that have a name of their own, each with the expression that makes it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from getdsl.compiler.graph.graph import Graph, Kind, Module, Node, Parameter, Ref, StateTensor
from getdsl.compiler.graph.text import argument_text, graph_text
from getdsl.compiler.graph.types import TensorType
from getdsl.diff.values import value_text
from getdsl.text.source import Span

LONGEST = 200  # characters of an expression that stands inside another
NOT_APPLIED = "nothing: it is not applied"


@dataclass(frozen=True)
class Step:
    """A named step: what it calls, with what, and what comes of it.

    `expression` reads other steps by their names; what stands inline is written out in it. `source` is the
    code that it was written as.
    """

    name: str
    kind: Kind
    what: str  # the block, the operation, or `input`
    expression: str
    settings: Mapping[str, str] = field(default_factory=dict)
    shape: str = ""
    source: str = ""
    tensors: tuple[StateTensor, ...] = ()
    inside: Graph | None = None
    is_named: bool = True  # by its author, and not after what it calls

    @property
    def parameters(self) -> int:
        return sum(tensor.size for tensor in self.tensors if tensor.kind != "buffer")

    @property
    def alike(self) -> tuple[object, ...]:
        """What two steps have in common that do the same with whatever they are given."""
        return (self.kind, self.what, tuple(self.settings.items()), self.shape)

    @property
    def content(self) -> tuple[object, ...]:
        """What two steps have in common that are the same but for their names."""
        return (*self.alike, self.expression)


class Reading:
    """Reads a graph step by step, in its order; `names` gives steps the names that others call them by."""

    def __init__(self, graph: Graph, derived: Mapping[str, str] | None = None) -> None:
        self.graph = graph
        self.derived = derived or {}
        self.names: dict[str, str] = {}
        self._inline: dict[str, str] = {}
        self._told: set[str] = set()  # modules that stood before the first step that applies them
        self._uses = Counter(ref.node for node in graph.nodes.values() for ref in node.references())
        self._returned = {ref.node for ref in graph.outputs.values()}

    def steps(self) -> Iterator[Step]:
        """The named steps; what is read of an earlier one is called as `names` has it when it is reached."""
        for node in self.graph.nodes.values():
            if node.kind == "module" and self._is_declared(node.target):
                yield from self._declared(node.target)
            step = self._step(node)
            if self._stands_inline(node, step):
                self._inline[node.name] = _written_out(step)
            else:
                yield step
        yield from self._unused()

    def of_ref(self, ref: Ref) -> str:
        """What an output of a step is called, or the expression that it is."""
        name = self._inline.get(ref.node) or self.names.get(ref.node, ref.node)
        first = next(iter(self.graph.nodes[ref.node].outputs))
        return name if ref.output == first else f"{name}.{ref.output}"

    def _step(self, node: Node) -> Step:
        shape = shapes_text(node.outputs)
        source = _source(node.span)
        if node.kind == "input":
            derived = self.derived.get(node.target)
            settings = {"made of": derived} if derived else {}
            return Step(node.name, "input", "input", "", settings, shape, source)
        if node.kind == "parameter":
            return _owned(self.graph.parameters[node.target], node.name, "", shape, source)
        arguments = self._arguments(node)
        if node.kind == "operation":
            named = not _called_after(node.name, node.target)
            what = node.target
            return Step(node.name, "operation", what, arguments, {}, shape, source, is_named=named)
        module = self.graph.modules[node.target]
        if self._is_declared(module.name) or self.graph.calls_of(module.name)[0] is not node:
            what = self.names.get(module.name, module.name)
            return Step(node.name, "module", what, arguments, {}, shape, source)
        made = _made(module, arguments, source)
        named = bool(made.tensors) or not _called_after(node.name, module.block.lower())
        return replace(made, name=node.name, shape=shape, is_named=named)

    def _is_declared(self, module: str) -> bool:
        """Whether a module is a thing of its own, to which steps of other names apply it."""
        calls = self.graph.calls_of(module)
        owns = any(True for _ in self.graph.modules[module].tensors())
        return owns and module not in self.graph.nodes and bool(calls)

    def _declared(self, name: str) -> Iterator[Step]:
        """A module, before the first step that applies it."""
        if name not in self._told:
            self._told.add(name)
            module = self.graph.modules[name]
            yield _made(module, "", _source(module.span))

    def _unused(self) -> Iterator[Step]:
        """What has weights and is not applied."""
        read = {node.target for node in self.graph.nodes.values() if node.kind in ("module", "parameter")}
        for module in self.graph.modules.values():
            if module.name not in read:
                yield _made(module, NOT_APPLIED, _source(module.span))
        for owned in self.graph.parameters.values():
            if owned.name not in read:
                yield _owned(owned, owned.name, NOT_APPLIED, str(list(owned.shape)), _source(owned.span))

    def _stands_inline(self, node: Node, step: Step) -> bool:
        """Whether a step has no name of its own, and one reader."""
        read_once = self._uses[node.name] == 1 and node.name not in self._returned
        return not step.is_named and read_once and len(_written_out(step)) <= LONGEST

    def _arguments(self, node: Node) -> str:
        keywords = (f"{name} = {self._argument(value)}" for name, value in node.kwargs.items())
        return ", ".join((*map(self._argument, node.args), *keywords))

    def _argument(self, value: object) -> str:
        if isinstance(value, Ref):
            return self.of_ref(value)
        if isinstance(value, tuple):
            return f"[{', '.join(map(self._argument, value))}]"
        return argument_text(value)


def _made(module: Module, expression: str, source: str) -> Step:
    """A module under its own name."""
    settings, tensors = settings_of(module), tuple(module.tensors())
    return Step(module.name, "module", module.block, expression, settings, "", source, tensors, module.graph)


def _owned(owned: Parameter, name: str, expression: str, shape: str, source: str) -> Step:
    """A tensor that the graph owns itself."""
    what = "Buffer" if owned.kind == "buffer" else "Parameter"
    init = {"init": value_text(_init(owned.init))}
    settings = init if owned.made is None else {"computed": graph_text(owned.made)}
    tensor = StateTensor(owned.name, owned.shape, owned.kind, owned.dtype)
    return Step(name, "parameter", what, expression, settings, shape, source, (tensor,))


def _source(span: Span | None) -> str:
    return span.in_a_line if span is not None else ""


def settings_of(module: Module) -> dict[str, str]:
    """What a block was made with, as a spec writes it."""
    return {name: value_text(value) for name, value in module.params.items()}


def shapes_text(types: Mapping[str, TensorType]) -> str:
    """The types of a step's outputs; the first goes by the step's own name."""
    first, *others = types
    return ", ".join([str(types[first]), *(f"{name}: {types[name]}" for name in others)])


def _init(init: object) -> object:
    return f"{init[0]}({', '.join(map(str, init[1:]))})" if isinstance(init, tuple) else init


def _written_out(step: Step) -> str:
    settings = (f"{name} = {value}" for name, value in step.settings.items())
    return f"{step.what}({', '.join(filter(None, (step.expression, *settings)))})"


def _called_after(name: str, what: str) -> bool:
    """Whether a step is called after what it calls: `relu`, `add_2`, `x_dropout` of `Dropout`."""
    return re.fullmatch(rf"(.+_)?{re.escape(what)}(_\d+)?", name) is not None
