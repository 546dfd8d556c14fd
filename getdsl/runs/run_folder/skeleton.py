"""Nested state as JSON with its tensors beside it, and back.

Lists, texts, numbers, true, false and null stand for themselves; `{"map": [[key, value], …]}`,
`{"tuple": […]}` and `{"tensor": name}` for what JSON does not have.
"""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from getdsl.formats.json_values import Json


def take_apart(state: object, prefix: str) -> tuple[Json, dict[str, Tensor]]:
    """The skeleton of a state, and its tensors under the names that the skeleton gives them.

    Raises TypeError for what is neither plain nor a tensor.
    """
    tensors: dict[str, Tensor] = {}

    def skeleton(value: object) -> Json:
        if isinstance(value, Tensor):
            name = f"{prefix}{len(tensors)}"
            tensors[name] = value
            return {"tensor": name}
        if isinstance(value, Mapping):
            return {"map": [[skeleton(key), skeleton(item)] for key, item in value.items()]}
        if isinstance(value, tuple):
            return {"tuple": [skeleton(item) for item in value]}
        if isinstance(value, list):
            return [skeleton(item) for item in value]
        if value is None or isinstance(value, bool | int | float | str):
            return value
        raise TypeError(f"a checkpoint cannot hold a {type(value).__name__}")

    return skeleton(state), tensors


def fill(skeleton: Json, tensors: Mapping[str, Tensor]) -> object:
    """The state that `take_apart` took apart. Raises KeyError where a tensor is missing."""
    match skeleton:
        case list():
            return [fill(item, tensors) for item in skeleton]
        case {"tensor": str(name)}:
            return tensors[name]
        case {"tuple": list(items)}:
            return tuple(fill(item, tensors) for item in items)
        case {"map": list(pairs)}:
            return {fill(key, tensors): fill(value, tensors) for key, value in map(_pair, pairs)}
    return skeleton


def _pair(entry: Json) -> tuple[Json, Json]:
    assert isinstance(entry, list)
    key, value = entry
    return key, value
