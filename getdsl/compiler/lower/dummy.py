"""Batches drawn from the declared inputs, so that a spec can run without data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

import torch
from torch import Tensor

from getdsl.compiler.graph.bounds import Needed, largest_sizes, least_sizes
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.graph import Graph, Ref
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import UNKNOWN, TensorType
from getdsl.compiler.spec import Spec
from getdsl.compiler.stages.comparisons import comparisons
from getdsl.compiler.stages.scales import CLASS_NUMBERS
from getdsl.diagnostics.listing import joined

DEFAULT_SIZES = {"B": 2}
MEASURED_SIZE = 200  # of an axis of DNA, or one that ragged lengths divide
OTHER_SIZE = 6
Batch = Mapping[str, Tensor]


def sizes_of(spec: Spec, given: Mapping[str, int], bases: int = MEASURED_SIZE) -> dict[str, int]:
    """A size for every symbol of the inputs. Raises ValueError for one that the model does not have."""
    known = {str(symbol) for type in spec.graph.inputs.values() for symbol in type.symbols}
    _refuse_wrong(given, known)
    measured = _measured(spec)
    needs = list(_needs(spec))
    least = {str(symbol): size for symbol, size in least_sizes(needs).items()}
    largest = {str(symbol): size for symbol, size in largest_sizes(needs).items()}
    sizes = {name: DEFAULT_SIZES.get(name, bases if name in measured else OTHER_SIZE) for name in known}
    sizes = {name: max(size, least.get(name, 0)) for name, size in sizes.items()}
    sizes = {name: min(size, largest.get(name, size)) for name, size in sizes.items()}
    return sizes | _settled(spec, known) | dict(given)


def _settled(spec: Spec, known: set[str]) -> dict[str, int]:
    """The sizes that the spec's data settle, such as the number of regions of a window."""
    settled = spec.data.sizes if spec.data is not None else {}
    values = {str(symbol): dim.value for symbol, dim in settled.items()}
    return {name: value for name, value in values.items() if value is not None and name in known}


def _needs(spec: Spec) -> Iterator[Needed]:
    """What the model and its stages need of sizes, where all keys of the batch are there."""
    yield from spec.graph.needs
    for stages in (spec.stages.losses, spec.stages.metrics):
        if stages:
            yield from stages[frozenset()].needs


def _measured(spec: Spec) -> set[str]:
    """The symbols of axes that count bases: those of DNA, and those that ragged lengths divide."""
    types = spec.graph.inputs.values()
    axes = [type.of for type in types if type.of is not None]
    axes += [type.shape[-2] for type in types if type.domain == "onehot"]
    return {str(symbol) for axis in axes for symbol in axis.symbols}


def _refuse_wrong(given: Mapping[str, int], known: set[str]) -> None:
    for name, size in given.items():
        if name not in known:
            raise ValueError(f"the model has no symbol `{name}`; its symbols are {joined(sorted(known))}")
        if size < 0:
            raise ValueError(f"the size of `{name}` cannot be {size}")


def dummy_batch(
    spec: Spec, seed: int, given: Mapping[str, int], run: Callable[[Batch], Batch]
) -> dict[str, Tensor]:
    """Random tensors for every input, and for the batch keys that the loss and derived inputs read.

    A key that no data declare has the shape that its use asks for, where that is told; else it is
    like the output of its name, or like what it is compared with. `run` gives the outputs of a batch: they
    tell the sizes that only a step of the model knows.
    """
    sizes = sizes_of(spec, given)
    random = torch.Generator().manual_seed(seed)
    raw = _raw_keys(spec)
    if raw is None:
        batch = _inputs(spec, sizes, random)
    else:
        kept = {name: type for name, type in spec.graph.inputs.items() if name not in spec.prepare.outputs}
        batch = {name: draw(type, sizes, random) for name, type in (kept | raw).items()}
    later: dict[str, TensorType] = {}
    for key, type in _loss_keys(spec).items():
        if key not in batch and type.dims is not None:
            later[key] = type
            if all(str(symbol) in sizes or not symbol.owner for symbol in type.symbols):
                batch[key] = draw(type, sizes, random)
    if later.keys() - batch.keys():
        sizes |= _told_by_outputs(spec, sizes, run(batch))
        batch |= {key: draw(type, sizes, random) for key, type in later.items() if key not in batch}
    for key, classes in _classes(spec):
        if key in batch:
            value = batch[key]
            batch[key] = value % classes if value.dtype == torch.int64 else (value > 0.5).to(value.dtype)
    return batch


def _classes(spec: Spec) -> Iterator[tuple[str, int]]:
    """The batch keys that losses or metrics take as numbers of classes or labels, and how many there are."""
    for graph in islice(spec.stages.losses.values(), 1):
        for each in comparisons(graph).values():
            if each.loss in CLASS_NUMBERS:
                yield from _counted(graph, each.target, each.type)
    for graph in islice(spec.stages.metrics.values(), 1):
        for name, term in spec.stages.metric_terms.items():
            if term.of("classes"):
                prediction = graph.type_of(graph.outputs[f"{name}.prediction"])
                yield from _counted(graph, graph.outputs[f"{name}.target"], prediction)


def _counted(graph: Graph, target: Ref, scores: TensorType) -> Iterator[tuple[str, int]]:
    """A target that is a key of the batch, with the number of classes; of labels these are two."""
    node, type = graph.nodes[target.node], graph.type_of(target)
    if node.kind != "input" or not scores.dims:
        return
    one_each = type.dims is None or len(type.dims) < len(scores.dims)
    classes = scores.dims[-1].value if one_each else 2
    if classes is not None:
        yield node.target.removeprefix("batch."), max(2, classes)


def _loss_keys(spec: Spec) -> dict[str, TensorType]:
    """The types of the batch keys that the loss reads, as far as anything says them."""
    stages, outputs = spec.stages, spec.graph.output_types()
    like = {key: outputs.get(key, compared) for key, (_, compared) in stages.like.items()}
    declared = spec.data.outputs if spec.data is not None else {}
    found = like | dict(stages.wanted)
    return {key: declared.get(key, type) for key, type in found.items()}


def _raw_keys(spec: Spec) -> dict[str, TensorType] | None:
    """The keys that derived inputs are computed from; None where their shapes are not told."""
    declared = {**(spec.data.outputs if spec.data is not None else {}), **spec.graph.inputs}
    found: dict[str, TensorType] = {}
    for target, type in spec.prepare.inputs.items():
        key = target.removeprefix("batch.")
        like = UNKNOWN if key in spec.prepare.outputs else declared.get(key, UNKNOWN)
        known = next(
            (each for each in (type, like, spec.raw.get(key)) if each and each.dims is not None), None
        )
        if known is None:
            return None
        found[key] = known
    return found


def _told_by_outputs(spec: Spec, sizes: Mapping[str, int], outputs: Batch) -> dict[str, int]:
    """The sizes that the shapes of a model's outputs tell beside those that are known."""
    known = {Symbol.read(name): Dim.of(size) for name, size in sizes.items()}
    found: dict[str, int] = {}
    for name, type in spec.graph.output_types().items():
        for dim, size in zip(type.shape, outputs[name].shape, strict=True):
            left = dim.substitute(known)
            for symbol in left.symbols if len(left.symbols) == 1 else ():
                solved = left.solve(symbol, Dim.of(size))
                if solved is not None and solved.value is not None:
                    known[symbol], found[str(symbol)] = solved, solved.value
    return found


def dummy_inputs(
    spec: Spec, seed: int, bases: int = MEASURED_SIZE, sizes: Mapping[str, int] | None = None
) -> dict[str, Tensor]:
    """Random tensors for every input, derived ones too, by the names that they are declared by."""
    return _inputs(spec, sizes or sizes_of(spec, {}, bases), torch.Generator().manual_seed(seed))


def _inputs(spec: Spec, sizes: Mapping[str, int], random: torch.Generator) -> dict[str, Tensor]:
    return {name: draw(type, sizes, random) for name, type in spec.graph.inputs.items()}


def draw(type: TensorType, sizes: Mapping[str, int], random: torch.Generator) -> Tensor:
    """A tensor of a type: one-hot DNA (one in 50 is N), lengths that fit, masks, numbers from 0 to 1."""
    sizes = {str(symbol): OTHER_SIZE for symbol in type.symbols if not symbol.owner} | dict(sizes)
    shape = [dim.evaluate(sizes) for dim in type.shape]
    if type.domain == "onehot":
        codes = torch.randint(0, shape[-1], shape[:-1], generator=random)
        known = torch.rand(shape[:-1], generator=random) >= 0.02
        return torch.nn.functional.one_hot(codes, shape[-1]).float() * known.unsqueeze(-1)
    if type.domain == "lengths":
        assert type.of is not None
        return _lengths(shape, type.of.evaluate(sizes), type.step, random)
    if type.dtype == "bool":
        return torch.rand(shape, generator=random) < 0.5
    if type.dtype == "int":
        return torch.randint(0, 10, shape, generator=random)
    return torch.rand(shape, generator=random)


def _lengths(shape: list[int], whole: int, step: int, random: torch.Generator) -> Tensor:
    """Ragged lengths [B, R], multiples of `step`, whose sum along R stays within `whole`."""
    if not shape[-1]:
        return torch.zeros(shape, dtype=torch.int64)
    share = whole // step // (2 * shape[-1])  # half of what there is; one of each row is as long as the rest
    lengths = torch.randint(0 if share < 1 else 1, share + 1, shape, generator=random)
    lengths[..., 0] += whole // step - shape[-1] * share
    return lengths * step
