"""The sizes that a spec itself says."""

from __future__ import annotations

from collections.abc import Iterator

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.spec import Spec


def known_sizes(spec: Spec) -> dict[str, int]:
    """Sizes by symbol: B from `train`, others from what the data declare."""
    return dict(_declared(spec)) | _batch_size(spec)


def _declared(spec: Spec) -> Iterator[tuple[str, int]]:
    """The sizes of inputs for which the data declare numbers."""
    outputs = spec.data.outputs if spec.data is not None else {}
    for name, type in spec.graph.inputs.items():
        declared = outputs[name].dims if name in outputs else None
        for dim, given in zip(type.dims or (), declared or (), strict=False):
            yield from _solved(dim, given)


def _solved(dim: Dim, given: Dim) -> Iterator[tuple[str, int]]:
    for symbol in dim.symbols:
        solved = dim.solve(symbol, given)
        if solved is not None and solved.value is not None:
            yield str(symbol), solved.value


def _batch_size(spec: Spec) -> dict[str, int]:
    """`batch_size`, for the symbol that is the first axis of every input."""
    train = spec.settings.get("train")
    batch = spec.section("train").get("batch_size") if train is not None else None
    first = {type.dims[0] for type in spec.graph.inputs.values() if type.dims}
    if not isinstance(batch, int) or len(first) != 1:
        return {}
    return dict.fromkeys(map(str, next(iter(first)).symbols), batch)
