"""The verdict on checkpoints in words."""

from __future__ import annotations

from collections.abc import Iterator

from getdsl.diagnostics.listing import listed
from getdsl.diff.comparison import Comparison
from getdsl.diff.verdict import OtherShape, Verdict

SHOWN = 5


def headline(found: Verdict, before: str, after: str) -> str:
    """The verdict in one sentence."""
    whose = f"checkpoints of {before}"
    if found.how == "as it is":
        return f"{whose} load in {after} as they are"
    if found.how == "renamed":
        return f"{whose} load in {after} with this table"
    return f"{whose} do not load in {after}"


def account(found: Verdict) -> Iterator[str]:
    """What becomes of the tensors, a line for each thing."""
    if found.loads:
        yield (
            f"all {found.loaded:,} tensors find their places"
            if found.loaded
            else "there are no weights to load"
        )
        if found.wanted > found.loaded:
            yield (
                f"{found.wanted - found.loaded:,} begin anew: {listed(found.new)}"
                if found.new
                else (f"{found.wanted - found.loaded:,} begin anew")
            )
        return
    yield f"{found.loaded:,} of {found.wanted:,} tensors fit"
    if found.new:
        yield f"not in the checkpoint: {listed(found.new)}"
    if found.dropped:
        yield f"without a place: {listed(found.dropped)}"
    yield from map(_shape, found.other_shapes[:SHOWN])
    if len(found.other_shapes) > SHOWN:
        yield f"and {len(found.other_shapes) - SHOWN:,} more of other shapes"
    if not (found.new or found.dropped or found.other_shapes):
        yield from found.reasons[:SHOWN]


def sizes_hint(found: Comparison) -> Iterator[str]:
    """How figures with free sizes become numbers."""
    free = sorted(set().union(*(item.symbols for item in found.figures)))
    if free:
        yield f"--set-dim {' '.join(f'{name}=…' for name in free)} gives numbers"


def _shape(item: OtherShape) -> str:
    return f"another shape: `{item.name}` {list(item.before)} → {list(item.after)}"
