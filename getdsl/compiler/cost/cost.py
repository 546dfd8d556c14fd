"""What a step of training costs: floating-point operations and memory, as polynomials over the free sizes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from getdsl.compiler.cost import rules as rules  # fills the table
from getdsl.compiler.cost.ledger import ITEMSIZE, Bill, Ledger
from getdsl.compiler.cost.products import Product, Sum, product
from getdsl.compiler.gradients import gradients
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph, StateTensor
from getdsl.compiler.passes import FUSIONS, run_passes
from getdsl.compiler.spec import Spec
from getdsl.compiler.trace import Trace, trace

STATES = {"AdamW": 2, "Adam": 2}  # tensors of a parameter's size that the optimizer keeps


@dataclass(frozen=True)
class Line:
    """The cost of one node of a graph: FLOPs of both passes, and bytes kept between them."""

    forward: Dim
    backward: Dim
    kept: Dim


@dataclass(frozen=True)
class Cost:
    """A step of training: `forward` and `backward` in FLOPs, all else in bytes, in float32.

    FLOPs are those of matrix products, convolutions and attention, two for a multiply-add, as
    torch.utils.flop_counter counts them. `activations` are what autograd keeps for the backward pass,
    without weights and batch, `passing` what it keeps only until a `detach`. `not_counted` names blocks
    whose cost nobody has stated, with where they are.
    """

    forward: Dim
    backward: Dim
    parameters: int
    buffers: int
    gradients: int
    optimizer: int
    activations: Dim
    passing: Dim
    batch: Dim
    not_counted: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    bills: Mapping[tuple[str, ...], Bill] = field(default_factory=dict, repr=False)

    def line(self, *nodes: str) -> Line | None:
        """What a node costs, named from the outermost graph inwards; None for one that costs nothing."""
        return _line(self.bills[nodes], _dims(self.sizes)) if nodes in self.bills else None

    @property
    def flops(self) -> Dim:
        return self.forward + self.backward

    @property
    def weights(self) -> int:
        """Bytes that are there all the time."""
        return self.parameters + self.buffers + self.optimizer

    @property
    def peak(self) -> Dim:
        """An upper estimate: all of it at once, although activations go as gradients come."""
        return self.activations + self.passing + self.batch + self.weights + self.gradients

    @property
    def symbols(self) -> frozenset[str]:
        """The sizes that are still free."""
        return self.flops.symbols | self.peak.symbols


def known_sizes(spec: Spec) -> dict[str, int]:
    """Sizes that the spec itself says: B from `train`, others from what its data source declares."""
    found: dict[str, int] = {}
    for name, type in spec.graph.inputs.items():
        declared = spec.source.outputs.get(name) if spec.source is not None else None
        if type.dims is None or declared is None or declared.dims is None:
            continue
        for dim, given in zip(type.dims, declared.dims, strict=False):
            for symbol in dim.symbols:
                solved = dim.solve(symbol, given)
                if solved is not None and solved.value is not None:
                    found[symbol] = solved.value
    train = spec.settings.get("train")
    batch = spec.section("train").get("batch_size") if train is not None else None
    first = {type.dims[0] for type in spec.graph.inputs.values() if type.dims}
    if isinstance(batch, int) and len(first) == 1:
        found |= dict.fromkeys(next(iter(first)).symbols, batch)
    return found


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
    extra = sum(_adapter_size(tensor.shape, adapters.get(tensor.name, 0)) for tensor in tensors)
    trained = extra + sum(tensor.size for tensor in tensors if tensor.name in trainable)
    known = _dims(sizes)
    total = _line(ledger.bills[()], known)
    merged = sum(_merge_flops(tensor.shape, adapters.get(tensor.name, 0)) for tensor in tensors)
    return Cost(
        total.forward + merged,
        total.backward + 2 * merged,
        4 * (extra + sum(tensor.size for tensor in tensors if tensor.kind != "buffer")),
        sum(4 * tensor.size for tensor in tensors if tensor.kind == "buffer"),
        4 * trained,
        4 * trained * _states(spec),
        total.kept + sum(4 * tensor.size for tensor in tensors if tensor.name in adapters),
        ledger.passing.polynomial(known),
        Sum(_batch(found)).polynomial(known),
        ledger.unknown,
        tuple(_notes(spec.graph, graph, ledger)),
        sizes,
        ledger.bills,
    )


def _trained(spec: Spec, tensors: Iterable[StateTensor]) -> set[str]:
    """The weights that the blocks and `freeze` or `train_only` leave to be trained."""
    model = {tensor.name: tensor for tensor in tensors}
    names = {name for name, tensor in model.items() if tensor.kind == "weight"}
    if not spec.settings.keys() & {"freeze", "train_only"}:
        return names
    from getdsl.compiler.directives.directives import read_directives
    from getdsl.compiler.directives.held import held

    return names - held(read_directives(spec), model)


def _ledger(found: Trace, trained: Collection[str]) -> Ledger:
    ends = (*found.outputs.values(), *found.terms.values())
    return Ledger(found, gradients(found, trained), gradients(found, trained, ends))


def _line(bill: Bill, known: Mapping[str, Dim]) -> Line:
    return Line(*(item.polynomial(known) for item in (bill.forward, bill.backward, bill.kept)))


def _dims(sizes: Mapping[str, int]) -> dict[str, Dim]:
    return {name: Dim.of(size) for name, size in sizes.items()}


def _batch(found: Trace) -> Iterable[Product]:
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
