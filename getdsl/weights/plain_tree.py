"""The content of a pickle as mappings and tensors, whatever else it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from getdsl.formats.checkpoint_header import TensorInfo
from getdsl.weights.errors import CheckpointError, damaged
from getdsl.weights.pickled.claims import Leaf
from getdsl.weights.pickled.foreign import Foreign, entries, parts_of
from getdsl.weights.tree import Parts, Tree

DEEPEST = 100  # nesting beyond which a file is no checkpoint
Branch = TensorInfo | Tree | None


def plain_tree(path: Path, content: Any) -> Tree:
    """Mappings and tensors of a pickle's content.

    A pickle may put a mapping in many places, or in itself: each is looked at once, and none inside itself.
    Raises CheckpointError where it holds nothing by name.
    """
    top = None if isinstance(content, list | tuple) else entries(content)
    if top is None:
        what = "is a single tensor" if isinstance(content, Leaf) else "holds no tensors by name"
        raise CheckpointError(f"`{path}` {what}, not a checkpoint", "save a state_dict")
    seen: dict[int, Branch] = {}
    found = {name: _plain(path, value, 1, seen) for name, value in top.items()}
    if parts_of(content) is not None:
        return Parts(found)
    return {name: {} if value is None and _has_names(top[name]) else value for name, value in found.items()}


def _has_names(value: Any) -> bool:
    return isinstance(value, Foreign | Mapping)


def _plain(path: Path, value: Any, depth: int, seen: dict[int, Branch]) -> Branch:
    """None for what holds no tensors."""
    if isinstance(value, Leaf):
        return value.info
    if id(value) in seen:
        return seen[id(value)]
    inner = entries(value)
    if inner is None:
        return None
    if depth > DEEPEST:
        raise damaged(path, "its content is nested without end")
    seen[id(value)] = None  # as long as it is looked at
    found = {name: _plain(path, item, depth + 1, seen) for name, item in inner.items()}
    found = Parts(found) if parts_of(value) is not None else found
    seen[id(value)] = found if any(item is not None for item in found.values()) else None
    return seen[id(value)]
