"""Batches drawn from the declared inputs, so that a spec can run without data."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from getdsl.compiler.graph.bounds import least_sizes
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.spec import Spec

DEFAULT_SIZES = {"B": 2}
MEASURED_SIZE = 200  # of an axis of DNA, or one that ragged lengths divide
OTHER_SIZE = 6


def sizes_of(spec: Spec, given: Mapping[str, int], bases: int = MEASURED_SIZE) -> dict[str, int]:
    """A size for every symbol of the inputs. Raises ValueError for one that the model does not have."""
    known = {str(symbol) for type in spec.graph.inputs.values() for symbol in type.symbols}
    _refuse_wrong(given, known)
    measured = _measured(spec)
    least = {str(symbol): size for symbol, size in least_sizes(spec.graph.needs).items()}
    sizes = {name: DEFAULT_SIZES.get(name, bases if name in measured else OTHER_SIZE) for name in known}
    return {name: max(size, least.get(name, 0)) for name, size in sizes.items()} | dict(given)


def _measured(spec: Spec) -> set[str]:
    """The symbols of axes that count bases: those of DNA, and those that ragged lengths divide."""
    types = spec.graph.inputs.values()
    axes = [type.of for type in types if type.of is not None]
    axes += [type.shape[-2] for type in types if type.domain == "onehot"]
    return {str(symbol) for axis in axes for symbol in axis.symbols}


def _refuse_wrong(given: Mapping[str, int], known: set[str]) -> None:
    for name, size in given.items():
        if name not in known:
            raise ValueError(f"the model has no symbol `{name}`; its symbols are {', '.join(sorted(known))}")
        if size < 0:
            raise ValueError(f"the size of `{name}` cannot be {size}")


def dummy_batch(spec: Spec, seed: int, given: Mapping[str, int]) -> dict[str, Tensor]:
    """Random tensors for every input, and for the batch keys that the loss reads.

    A key that no data declare is like the output of its name, else like what it is compared with.
    """
    sizes = sizes_of(spec, given)
    random = torch.Generator().manual_seed(seed)
    batch = _inputs(spec, sizes, random)
    outputs = spec.graph.output_types()
    for key, (_, compared) in spec.stages.like.items():
        declared = spec.data.outputs.get(key) if spec.data is not None else None
        type = declared or outputs.get(key, compared)
        if key not in batch and type.dims is not None:
            batch[key] = draw(type, sizes, random)
    return batch


def dummy_inputs(spec: Spec, seed: int, bases: int) -> dict[str, Tensor]:
    """Random tensors for every input, derived ones too, by the names that they are declared by."""
    return _inputs(spec, sizes_of(spec, {}, bases), torch.Generator().manual_seed(seed))


def _inputs(spec: Spec, sizes: Mapping[str, int], random: torch.Generator) -> dict[str, Tensor]:
    return {name: draw(type, sizes, random) for name, type in spec.graph.inputs.items()}


def draw(type: TensorType, sizes: Mapping[str, int], random: torch.Generator) -> Tensor:
    """A tensor of a type: one-hot DNA (one in 50 is N), lengths that fit, masks, numbers from 0 to 1."""
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
    most = whole // step // shape[-1]
    return torch.randint(0 if most < 1 else 1, most + 1, shape, generator=random) * step
