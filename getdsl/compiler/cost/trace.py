"""A spec's model, and its loss behind it, as one list of steps.

Nested graphs are opened, and all sizes are in the model's symbols.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from getdsl.compiler.cost.stated import name_of
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Argument, Graph, Module, Node, Ref, SliceArgument
from getdsl.compiler.graph.node import INPUT, PARAMETER
from getdsl.compiler.graph.operands import Bound
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import DType, TensorType
from getdsl.compiler.operations import OPERATIONS, Operand, ShapeError
from getdsl.compiler.spec import Spec
from getdsl.compiler.work import Step, Value
from getdsl.compiler.work.step import Passed


@dataclass
class Trace:
    """What runs in a step of training, in order; `batch` are the tensors that come from outside."""

    steps: list[Step] = field(default_factory=list)
    outputs: dict[str, Value] = field(default_factory=dict)
    terms: dict[str, Value] = field(default_factory=dict)  # the loss: each weighted term, and `total`
    batch: list[Value] = field(default_factory=list)
    weights: dict[str, Value] = field(default_factory=dict)

    def weight(self, name: str, shape: tuple[Dim, ...], dtype: DType = "float") -> Value:
        return self.weights.setdefault(name, Value(shape, dtype, name))

    def opened(
        self, graph: Graph, inputs: Mapping[str, Value], path: str, nodes: tuple[str, ...]
    ) -> dict[str, Value]:
        """Adds the steps of a graph and returns its outputs."""
        return _Opening(self, graph, inputs, path, nodes).run()


def trace(spec: Spec, graph: Graph | None = None, absent: frozenset[str] = frozenset()) -> Trace:
    """The steps of a spec's model (of `graph`, where a pass has changed it) and of its loss.

    `absent` are the optional batch keys that the batch lacks.
    """
    found = Trace()
    inputs = {name: Value(type.dims, type.dtype) for name, type in spec.graph.inputs.items()}
    found.batch.extend(inputs.values())
    found.outputs = found.opened(graph or spec.graph, inputs, "", ())
    loss = spec.stages.losses.get(absent)
    if loss is not None and spec.stages.terms:
        found.terms = found.opened(loss, _loss_inputs(spec, loss, inputs, found), "", ("loss",))
    return found


def _loss_inputs(spec: Spec, loss: Graph, inputs: Mapping[str, Value], found: Trace) -> dict[str, Value]:
    """What the loss reads: outputs, and the batch, whose undeclared tensors take their prediction's shape."""
    values: dict[str, Value] = {}
    for target, type in loss.inputs.items():
        key = target.removeprefix("batch.")
        if target in found.outputs:
            values[target] = found.outputs[target]
        elif target.startswith(INPUT):
            values[target] = inputs[target.removeprefix(INPUT)]
        elif target.startswith(PARAMETER):
            values[target] = found.weight(target.removeprefix(PARAMETER), type.shape)
        elif target != key and key in inputs and key not in spec.prepare.outputs:
            values[target] = inputs[key]
        else:
            known = type if type.dims is not None else _supposed(spec, key) or type
            values[target] = Value(known.dims, type.dtype)
            found.batch.append(values[target])
    return values


def _supposed(spec: Spec, key: str) -> TensorType | None:
    """The type of a key that nobody declares: the loss tells it, or what it is compared with."""
    return spec.stages.wanted.get(key) or spec.stages.like.get(key, (key, None))[1]


class _Opening:
    """One graph on its way into a trace. Its symbols are the caller's sizes, or new ones under its path."""

    def __init__(
        self, trace: Trace, graph: Graph, inputs: Mapping[str, Value], path: str, nodes: tuple[str, ...]
    ) -> None:
        self.trace = trace
        self.graph = graph
        self.path = path
        self.nodes = nodes
        self.inputs = inputs
        self.values: dict[tuple[str, str], Value] = {}
        self.sizes = self._sizes() if path else {}
        self.known: dict[Dim, Dim] = {}

    def _sizes(self) -> dict[Symbol, Dim]:
        sizes: dict[Symbol, Dim] = {}
        for symbol, source in self.graph.symbols.items():
            node = self.graph.nodes[source.ref.node]
            given = self.inputs.get(node.target) if node.kind == "input" else None
            solved = None
            if given is not None and given.dims is not None and source.axis < len(given.dims):
                solved = source.pattern.substitute(sizes).solve(symbol, given.dims[source.axis])
            inside = symbol.within(*self.path.removesuffix(".").split("."))
            sizes[symbol] = Dim.symbol(inside) if solved is None else solved
        return sizes

    def dim(self, dim: Dim) -> Dim:
        if not self.sizes or dim.value is not None:
            return dim
        if dim not in self.known:
            self.known[dim] = dim.substitute(self.sizes)
        return self.known[dim]

    def run(self) -> dict[str, Value]:
        for node in self.graph.nodes.values():
            if node.kind == "input":
                self._take(node)
            elif node.kind == "parameter":
                owned = self.graph.parameters[node.target]
                shape = tuple(map(Dim.of, owned.shape))
                self.values[node.name, ""] = self._weight(f"{self.path}{node.target}", shape, owned.dtype)
            elif node.kind == "module":
                self._call(node)
            else:
                self._operate(node)
        return {name: self.values[ref.node, ref.output] for name, ref in self.graph.outputs.items()}

    def _take(self, node: Node) -> None:
        """An input. What a block declares of a tensor of the batch counts for more than a guess."""
        value, declared = self.inputs[node.target], node.outputs[""]
        if self.path and declared.dims is not None and (value.dims is None or value in self.trace.batch):
            value.dims = self._dims(declared)
        self.values[node.name, ""] = value

    def _dims(self, type: TensorType) -> tuple[Dim, ...] | None:
        return None if type.dims is None else tuple(map(self.dim, type.dims))

    def _weight(self, name: str, shape: tuple[Dim, ...], dtype: DType = "float") -> Value:
        return self.trace.weight(name, shape, dtype)

    def _resolved(self, argument: Argument) -> Passed:
        if isinstance(argument, Ref):
            return self.values[argument.node, argument.output]
        if isinstance(argument, Dim):
            return self.dim(argument)
        if isinstance(argument, SliceArgument):
            return SliceArgument(self._bound(argument.start), self._bound(argument.stop))
        if isinstance(argument, tuple):
            return tuple(self._resolved(item) for item in argument)
        constant: Passed = argument
        return constant

    def _bound(self, bound: Bound) -> Bound:
        return self.dim(bound) if isinstance(bound, Dim) else bound

    def _call(self, node: Node) -> None:
        module = self.graph.modules[node.target]
        names = [name for name in module.inputs if name not in node.kwargs]
        arguments = {**dict(zip(names, node.args, strict=False)), **node.kwargs}
        passed = {name: self._resolved(item) for name, item in arguments.items()}
        given = {name: value for name, value in passed.items() if isinstance(value, Value)}
        path, nodes = f"{self.path}{module.name}", (*self.nodes, node.name)
        if module.graph is not None:
            inside = self.trace.opened(module.graph, given, f"{path}.", nodes)
            for output in node.outputs:
                self.values[node.name, output] = inside[output]
            return
        outputs = self._outputs(node, given)
        operands = given | self._weights(module, path)
        self.trace.steps.append(
            Step(name_of(module), path, nodes, operands, outputs, (), passed, module, len(node.args))
        )

    def _weights(self, module: Module, path: str) -> dict[str, Value]:
        """The tensors of a body, buffers apart, by their names in it."""
        return {
            tensor.name: self._weight(f"{path}.{tensor.name}", tuple(map(Dim.of, tensor.shape)))
            for tensor in module.state
            if tensor.kind != "buffer"
        }

    def _outputs(self, node: Node, given: Mapping[str, Value]) -> dict[str, Value]:
        outputs = {}
        for name, type in node.outputs.items():
            dims = self._dims(type)
            if dims is None and given:  # losses and other blocks over any shape: that of what comes first
                dims = next(iter(given.values())).dims
            outputs[name] = self.values[node.name, name] = Value(dims, type.dtype)
        return outputs

    def _operate(self, node: Node) -> None:
        args = tuple(self._resolved(item) for item in node.args)
        kwargs = {name: self._resolved(item) for name, item in node.kwargs.items()}
        operands = dict(_named((*args, *kwargs.values())))
        type = node.outputs[""]
        dims = self._dims(type)
        if dims is None:
            dims = _inferred(node.target, args, kwargs)
        value = self.values[node.name, ""] = Value(dims, type.dtype)
        path, nodes = f"{self.path}{node.name}", (*self.nodes, node.name)
        self.trace.steps.append(Step(node.target, path, nodes, operands, {"": value}, args, kwargs))


def _named(arguments: Iterable[Passed], prefix: str = "") -> Iterable[tuple[str, Value]]:
    for place, item in enumerate(arguments):
        if isinstance(item, Value):
            yield f"{prefix}{place}", item
        elif isinstance(item, tuple):
            yield from _named(item, f"{prefix}{place}.")


def _inferred(name: str, args: tuple[Passed, ...], kwargs: Mapping[str, Passed]) -> tuple[Dim, ...] | None:
    """The shape that the operation's rule gives, None where it knows none."""
    try:
        result = OPERATIONS[name].result(
            [_typed(item) for item in args], {key: _typed(item) for key, item in kwargs.items()}
        )
    except (ShapeError, TypeError):
        return None
    return result.dims


def _typed(item: Passed) -> Operand:
    if isinstance(item, Value):
        return TensorType(item.dims, item.dtype)
    return tuple(map(_typed, item)) if isinstance(item, tuple) else item
