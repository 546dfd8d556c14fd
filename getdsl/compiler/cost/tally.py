"""Adds up the cost of a step of a spec's training."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from getdsl.compiler.cost.cost import Cost, Line
from getdsl.compiler.cost.gradients import gradients
from getdsl.compiler.cost.ledger import ITEMSIZE, Bill, Ledger
from getdsl.compiler.cost.sizes import known_sizes
from getdsl.compiler.cost.trace import Trace, trace
from getdsl.compiler.cost.weights import Weights
from getdsl.compiler.directives.owners import all_optimizers, owner
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.passes import FUSIONS, run_passes
from getdsl.compiler.sections.optimizer import SGD, Adam, Lion, Optimizer, RMSprop
from getdsl.compiler.spec import Spec
from getdsl.compiler.work import Product, product
from getdsl.compiler.work.products import Sum


def step_cost(
    spec: Spec,
    sizes: Mapping[str, int] | None = None,
    trainable: Collection[str] | None = None,
    adapters: Mapping[str, int] | None = None,
    *,
    fuse: bool = True,
) -> Cost:
    """The cost of a step of a spec's training, forward, loss and backward.

    `sizes` sets symbols over those of `known_sizes`. `trainable` names the weights that are trained (all
    that neither their blocks nor the spec freeze); `adapters` the ranks of low-rank adapters by the weights
    that they adapt: a spec's own `lora` is not read, for ranks may stand in files.
    Without a loss every output is taken for one.
    """
    sizes = known_sizes(spec) | dict(sizes or {})
    graph = run_passes(spec.graph, FUSIONS) if fuse else spec.graph
    weights = Weights.of(spec, trainable, adapters or {})
    found = trace(spec, graph)
    ledger = _ledger(found, weights.trainable | weights.adapters.keys())
    known = {Symbol.read(name): Dim.of(size) for name, size in sizes.items()}
    lines = {nodes: _line(bill, known) for nodes, bill in ledger.bills.items()}
    return Cost(
        forward=lines[()].forward + weights.merging(),
        backward=lines[()].backward + 2 * weights.merging(),
        parameters=weights.parameters(),
        buffers=weights.buffers(),
        gradients=weights.gradients(),
        optimizer=sum(_states(spec, weights)),
        activations=lines[()].kept + weights.merged(),
        passing=ledger.passing.polynomial(known),
        batch=Sum(_batch(found)).polynomial(known),
        not_counted=ledger.unknown,
        notes=tuple(_notes(spec.graph, graph, ledger)),
        sizes=sizes,
        lines=lines,
    )


def _ledger(found: Trace, trained: Collection[str]) -> Ledger:
    ends = (*found.outputs.values(), *found.terms.values())
    return Ledger(found, gradients(found, trained), gradients(found, trained, ends))


def _line(bill: Bill, known: Mapping[Symbol, Dim]) -> Line:
    return Line(*(item.polynomial(known) for item in (bill.forward, bill.backward, bill.kept)))


def _batch(found: Trace) -> Iterator[Product]:
    for value in found.batch:
        if value.dims is not None:
            yield product(ITEMSIZE[value.dtype], *value.dims)


def _states(spec: Spec, weights: Weights) -> Iterator[int]:
    """What each optimizer keeps beside the weights that it trains, in bytes."""
    known = all_optimizers(spec)
    for item in known:
        own = {tensor.name for tensor in weights.tensors if owner(known, tensor.name) is item}
        yield weights.only(own).gradients() * _kept(item.settings)


def _kept(settings: Optimizer) -> int:
    """Tensors of a parameter's size that an optimizer keeps."""
    if isinstance(settings, Adam):
        return 2
    if isinstance(settings, RMSprop):
        return 2 if settings.momentum else 1
    return 1 if isinstance(settings, Lion) or (isinstance(settings, SGD) and settings.momentum) else 0


def _notes(graph: Graph, fused: Graph, ledger: Ledger) -> Iterator[str]:
    for name in (name for name in graph.nodes if name not in fused.nodes):
        yield f"`{name}` runs inside the block that pools it, and counts there as a convolution"
    for path in ledger.unsized:
        yield f"`{path}` is not counted: the batch does not say how large its tensors are"
