"""Which outputs are tracks: a value for each region, or for each bin along it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.graph.symbols import Symbol
from getdsl.compiler.graph.types import TensorType
from getdsl.compiler.spec import Spec

_STEP = 2**20 * 3**6 * 5**4 * 7**2  # bp, a multiple of any bin that a model may have


@dataclass(frozen=True)
class TrackAxes:
    """The axes of an output [B, …] that hold regions of a window, bins along a region, and tracks.

    `bin` are the bp of a value where there are bins. Other axes are of size 1.
    """

    regions: int | None = None
    bins: int | None = None
    tracks: int | None = None
    bin: int = 1

    @property
    def named(self) -> tuple[int, ...]:
        return tuple(axis for axis in (self.regions, self.bins, self.tracks) if axis is not None)


def track_axes(spec: Spec, type: TensorType, *, windows: bool, bin_size: int | None) -> TrackAxes | None:
    """None where the output is no track, as a map of pairs is not.

    The bins are the axis whose size follows from that of the model's DNA; where the spec says that size as a
    number, `bin_size` says that the first axis after the samples is theirs.
    """
    if not type.dims or len(type.dims) < 1:
        return None
    others = list(range(1, len(type.dims)))
    regions = others.pop(0) if windows and others else None
    if windows and (regions is None or any(type.dims[axis] == type.dims[regions] for axis in others)):
        return None
    bins, bin = None, 1
    along = [axis for axis in others if _bp_of(spec, type.dims[axis]) is not None]
    if along:
        bins = along[0]
        bin = bin_size or _bp_of(spec, type.dims[bins]) or 1
    elif bin_size is not None and others and not windows:
        bins, bin = others[0], bin_size
    if windows and bins is not None:
        return None
    left = [axis for axis in others if axis != bins and type.dims[axis].value != 1]
    if len(left) > 1 or any(size_of(spec, type.dims[axis]) is None for axis in left):
        return None
    return TrackAxes(regions, bins, left[0] if left else None, bin)


def _bp_of(spec: Spec, dim: Dim) -> int | None:
    """The bp of one of so many values along the model's DNA; None where they do not follow from it."""
    for dna in _dna(spec):
        for symbol in dim.symbols & dna.symbols:
            more = _growth(dim, symbol)
            bp = _growth(dna, symbol)
            if more and bp and bp % more == 0:
                return bp // more
    return None


def _growth(dim: Dim, symbol: Symbol) -> int | None:
    """By how much a size grows with a symbol, others as they may be."""
    others: dict[Symbol, Dim] = {each: Dim.of(1) for each in dim.symbols if each != symbol}
    sizes = [dim.substitute(others | {symbol: Dim.of(times * _STEP)}).value for times in (1, 2)]
    return sizes[1] - sizes[0] if sizes[0] is not None and sizes[1] is not None else None


def _dna(spec: Spec) -> Iterable[Dim]:
    """The lengths of the inputs that are DNA."""
    for type in spec.graph.inputs.values():
        if type.domain == "onehot" and type.dims is not None:
            yield type.dims[1]


def size_of(spec: Spec, dim: Dim) -> int | None:
    """A size as a number, where the spec or its data settle it."""
    sizes = spec.data.sizes if spec.data is not None else {}
    return dim.substitute(sizes).value


def refusal(spec: Spec, name: str, can: Collection[str]) -> tuple[str, str]:
    """What is said of an output that is no track, and what helps."""
    type = spec.graph.output_types()[name]
    what = "bigWig holds a value for each region, or for each bin along it"
    return f"the output `{name}` {type} has no axis of tracks: {what}", (
        f"`--outputs {','.join(can)}` takes those that have" if can else "write `OUT.zarr` or `OUT.parquet`"
    )
