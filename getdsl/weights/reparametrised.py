"""Weights that a file keeps in parts: by weight norm as length and direction, by spectral norm undivided.

Weight norm is that of Salimans and Kingma 2016, arXiv:1602.07868: w = g · v / |v|; spectral norm that of
Miyato et al. 2018, arXiv:1802.05957: w = W / (uᵀ W v). Both are told by their names, as torch writes them,
and by their shapes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from getdsl.formats.checkpoint_header import Composed, Part, Place, TensorInfo

FLOATS = ("F64", "F32", "F16", "BF16")
ADAPTER = {"0.lora_A", "0.lora_B"}  # minLoRA's, beside which the weight stands as it is
MINLORA = ADAPTER | {"original", "0.lora_dropout_mask"}
PARAMETRIZED = re.compile(r"(?P<module>.*\.)?parametrizations\.(?P<name>\w+)\.(?P<part>.+)")
OWN = (
    "what a parametrization starts from, and not the weight: save it after "
    '`parametrize.remove_parametrizations(layer, "weight")`'
)
MAIN = {"weight norm": 1, "spectral norm": 0}  # the part that has the weight's shape and type
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Form:
    """A way to keep a weight in parts: their names after the weight's, and whether their shapes agree."""

    kind: str
    parts: Sequence[str]
    fits: Callable[..., bool]

    def of(self, stem: str, tensors: Mapping[str, TensorInfo]) -> list[str] | None:
        """The names of the parts of a weight, where all are there."""
        names = [stem + part for part in self.parts]
        if not all(name in tensors and tensors[name].dtype in FLOATS for name in names):
            return None
        return names if self.fits(*(tensors[name].shape for name in names)) else None


def _lengths_fit(lengths: Shape, directions: Shape) -> bool:
    """A length for each slice along one axis, or one for all."""
    slices = [
        tuple(size if at == axis else 1 for at, size in enumerate(directions))
        for axis in range(len(directions))
    ]
    return bool(directions) and lengths in [(), *slices]


def _vectors_fit(weight: Shape, left: Shape, right: Shape) -> bool:
    return len(weight) > 1 and len(left) == len(right) == 1 and bool(axes_of(weight, left[0], right[0]))


def axes_of(weight: Shape, left: int, right: int) -> list[int]:
    """The axes along which a weight as a matrix has rows of this number and length."""
    return [axis for axis, size in enumerate(weight) if size == left and math.prod(weight) == left * right]


HOOKS = (
    Form("weight norm", ("_g", "_v"), _lengths_fit),
    Form("spectral norm", ("_orig", "_u", "_v"), _vectors_fit),
)
PARAMETRIZATIONS = (
    Form("weight norm", ("original0", "original1"), _lengths_fit),
    Form("spectral norm", ("original", "0._u", "0._v"), _vectors_fit),
)
HOOKED = re.compile(r"(?P<weight>(.*\.)?\w*weight\w*)(_v)$")


def put_together(
    tensors: Mapping[str, TensorInfo], places: Mapping[str, Place]
) -> tuple[dict[str, TensorInfo], dict[str, Composed]]:
    """The tensors with each weight in the place of its parts, and how it comes of them.

    What is only the start of a parametrization that is not known is marked as unread.
    """
    whole = {
        weight: Composed(kind, tuple(Part(name, tensors[name], places[name]) for name in names))
        for weight, (kind, names) in _compositions(tensors).items()
    }
    weight_of = {part.name: weight for weight, item in whole.items() for part in item.parts}
    infos = _without_own(tensors) | {
        weight: item.parts[MAIN[item.kind]].info for weight, item in whole.items()
    }
    return {name: infos[name] for name in (weight_of.get(key, key) for key in tensors)}, whole


def _compositions(tensors: Mapping[str, TensorInfo]) -> dict[str, tuple[str, list[str]]]:
    """The weights that are to be put together, each with how and with the names of its parts."""
    found: dict[str, tuple[str, list[str]]] = {}
    for key in tensors:
        for weight, stem, forms in _possible(key):
            parts = next(((form.kind, names) for form in forms if (names := form.of(stem, tensors))), None)
            if parts is not None and weight not in tensors and _beside(stem, tensors) <= set(parts[1]):
                found[weight] = parts
    return found


def _possible(key: str) -> list[tuple[str, str, Sequence[Form]]]:
    """The weight that a key may be a part of, what the names of its parts begin with, and in which forms."""
    parametrized, hooked = PARAMETRIZED.fullmatch(key), HOOKED.fullmatch(key)
    if parametrized is not None:
        weight = (parametrized["module"] or "") + parametrized["name"]
        return [(weight, key.removesuffix(parametrized["part"]), PARAMETRIZATIONS)]
    return [(hooked["weight"], hooked["weight"], HOOKS)] if hooked is not None else []


def _beside(stem: str, tensors: Collection[str]) -> set[str]:
    """All that a parametrization keeps: a second one on top of the first would be lost."""
    return {name for name in tensors if name.startswith(stem)} if stem.endswith(".") else set()


def _without_own(tensors: Mapping[str, TensorInfo]) -> dict[str, TensorInfo]:
    """The tensors, with those marked that a parametrization other than minLoRA's starts from."""
    parts: dict[str, set[str]] = {}
    for key in tensors:
        found = PARAMETRIZED.fullmatch(key)
        if found is not None:
            parts.setdefault(key.removesuffix(found["part"]), set()).add(found["part"])
    own = {f"{stem}original" for stem, names in parts.items() if not ADAPTER <= names <= MINLORA}
    return {key: replace(info, unread=OWN) if key in own else info for key, info in tensors.items()}
