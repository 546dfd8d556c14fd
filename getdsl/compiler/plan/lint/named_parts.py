"""Weights by the parts of the model that a message names them by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from getdsl.compiler.plan.lint.flow import Flow


def parts(flow: Flow, names: Iterable[str]) -> Iterator[tuple[str | None, list[str]]]:
    """Names by the outermost parts that hold nothing else that learns; None for a name by itself."""
    left = sorted(names, key=list(flow.plan.tensors).index)
    whole = _whole(flow, set(left))
    while left:
        part = next((path for path in whole if inside(left[0], path)), None)
        group = [left[0]] if part is None else [name for name in left if inside(name, part)]
        yield part, group
        left = [name for name in left if name not in group]


def inside(name: str, part: str) -> bool:
    return name.startswith(f"{part}.")


def _whole(flow: Flow, chosen: set[str]) -> list[str]:
    """The parts in which something learns, all of it chosen."""
    tensors = flow.plan.tensors.items()
    learning = [name for name, item in tensors if item.trainable or item.adapter is not None]
    by_part = {path: [name for name in learning if inside(name, path)] for path in flow.modules}
    return [path for path, names in by_part.items() if names and chosen.issuperset(names)]
