"""What `int(…)`, `float(…)`, `str(…)` and `bool(…)` make of a value of the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def cast(value: Any, function: Callable[[Any], Any]) -> Any:
    """A value cast, or each of a list or a table. Raises ValueError or TypeError where it cannot be."""
    if isinstance(value, list):
        return [cast(item, function) for item in value]
    if isinstance(value, dict):
        return {name: cast(item, function) for name, item in value.items()}
    if value is None:
        raise ValueError("null has no other kind")
    return function(value)


def _truth(value: Any) -> bool:
    if not isinstance(value, str):
        return bool(value)
    if value.lower() not in ("true", "false"):
        raise ValueError(f"`{value}` is neither true nor false")
    return value.lower() == "true"


CASTS: Mapping[str, Callable[[Any], Any]] = {
    "int": int,
    "float": float,
    "str": lambda value: str(value).lower() if isinstance(value, bool) else str(value),
    "bool": _truth,
}
