"""Adds up the cost of a step of a spec's training."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from getdsl.compiler.cost.cost import Cost, Line
from getdsl.compiler.cost.gradients import gradients
from getdsl.compiler.cost.ledger import ITEMSIZE, Bill, Ledger
from getdsl.compiler.cost.sizes import known_sizes
from getdsl.compiler.cost.trace import Trace, trace
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph, StateTensor
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.passes import FUSIONS, run_passes
from getdsl.compiler.spec import Spec
from getdsl.compiler.work import Product, product
from getdsl.compiler.work.products import Sum

STATES = {"AdamW": 2, "Adam": 2}  # tensors of a parameter's size that the optimizer keeps


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
    adapters = adapters or {}
    tensors = list(spec.graph.tensors())
    if trainable is None:
        trainable = _trained(spec, tensors)
    graph = run_passes(spec.graph, FUSIONS) if fuse else spec.graph
    found = trace(spec, graph)
    ledger = _ledger(found, set(trainable) | adapters.keys())
    known = {Symbol.read(name): Dim.of(size) for name, size in sizes.items()}
    lines = {nodes: _line(bill, known) for nodes, bill in ledger.bills.items()}
    extra = sum(_adapter_size(tensor.shape, adapters.get(tensor.name, 0)) for tensor in tensors)
    merged = sum(_merge_flops(tensor.shape, adapters.get(tensor.name, 0)) for tensor in tensors)
    trained = 4 * extra + _bytes(tensor for tensor in tensors if tensor.name in trainable)
    return Cost(
        forward=lines[()].forward + merged,
        backward=lines[()].backward + 2 * merged,
        parameters=4 * extra + _bytes(tensor for tensor in tensors if tensor.kind != "buffer"),
        buffers=_bytes(tensor for tensor in tensors if tensor.kind == "buffer"),
        gradients=trained,
        optimizer=trained * _states(spec),
        activations=lines[()].kept + _bytes(tensor for tensor in tensors if tensor.name in adapters),
        passing=ledger.passing.polynomial(known),
        batch=Sum(_batch(found)).polynomial(known),
        not_counted=ledger.unknown,
        notes=tuple(_notes(spec.graph, graph, ledger)),
        sizes=sizes,
        lines=lines,
    )


def _bytes(tensors: Iterable[StateTensor]) -> int:
    return sum(4 * tensor.size for tensor in tensors)


def _trained(spec: Spec, tensors: Iterable[StateTensor]) -> set[str]:
    """The weights that the blocks and `freeze` or `train_only` leave to be trained."""
    model = {tensor.name: tensor for tensor in tensors}
    names = {name for name, tensor in model.items() if tensor.kind == "weight"}
    if not spec.settings.keys() & {"freeze", "train_only"}:
        return names
    from getdsl.compiler.plan.directives import read_directives
    from getdsl.compiler.plan.freezing import held

    return names - held(read_directives(spec), model)


def _ledger(found: Trace, trained: Collection[str]) -> Ledger:
    ends = (*found.outputs.values(), *found.terms.values())
    return Ledger(found, gradients(found, trained), gradients(found, trained, ends))


def _line(bill: Bill, known: Mapping[Symbol, Dim]) -> Line:
    return Line(*(item.polynomial(known) for item in (bill.forward, bill.backward, bill.kept)))


def _batch(found: Trace) -> Iterator[Product]:
    for value in found.batch:
        if value.dims is not None:
            yield product(ITEMSIZE[value.dtype], *value.dims)


def _states(spec: Spec) -> int:
    settings = spec.section("optimizer")
    name = settings.get("name", "AdamW")
    return STATES.get(name, 1 if settings.get("momentum") else 0)


def _adapter_size(shape: tuple[int, ...], rank: int) -> int:
    """A is [rank, fan_in] and B [fan_out, rank]."""
    if not rank:
        return 0
    out, fan_in = _flat(shape)
    return rank * (out + fan_in)


def _merge_flops(shape: tuple[int, ...], rank: int) -> int:
    """B @ A, which is made anew for each step."""
    out, fan_in = _flat(shape) if rank else (0, 0)
    return 2 * rank * out * fan_in


def _flat(shape: tuple[int, ...]) -> tuple[int, int]:
    fan_in = 1
    for side in shape[1:]:
        fan_in *= side
    return shape[0], fan_in


def _notes(graph: Graph, fused: Graph, ledger: Ledger) -> Iterable[str]:
    for name in (name for name in graph.nodes if name not in fused.nodes):
        yield f"`{name}` runs inside the block that pools it, and counts there as a convolution"
    for path in ledger.unsized:
        yield f"`{path}` is not counted: the batch does not say how large its tensors are"
