"""A `rename` table for a file of Keras's: layers paired with modules, a rule a tensor, and its order of axes.

Keras has the axes of a kernel the other way round than torch: `[in, out]`, `[width, in, out]`,
`[height, width, in, out]`. A layer is paired where all of its tensors fit a module's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from getdsl.compiler.plan.suggest.families import Shape
from getdsl.compiler.plan.suggest.layer_pairs import Pair, paired
from getdsl.compiler.plan.suggest.suggestion import Ambiguity, Suggestion

LEAVES = {  # torch's name for what Keras calls so
    "kernel": "weight", "gamma": "weight", "embeddings": "weight", "bias": "bias", "beta": "bias",
    "moving_mean": "running_mean", "moving_variance": "running_var",
}  # fmt: skip
BY_NUMBER = (  # what Keras 3 numbers: `stem/vars/0`
    ("kernel", "bias"), ("kernel",), ("embeddings",), ("gamma", "beta"),
    ("gamma", "beta", "moving_mean", "moving_variance"),
)  # fmt: skip
ORDERS = {2: (1, 0), 3: (2, 1, 0), 4: (3, 2, 0, 1)}  # torch's axes of a kernel, as Keras numbers them
COUNT = "num_batches_tracked"  # which Keras has not
OPEN = "their tensors fit alike, and names do not tell"


@dataclass(frozen=True)
class Line:
    """A tensor of the file, and what it is in the model."""

    key: str
    name: str
    order: tuple[int, ...] = ()

    @property
    def sides(self) -> tuple[str, str]:
        return self.key, self.name


def keras_table(keys: Mapping[str, Shape], names: Mapping[str, Shape], settled: int) -> Suggestion:
    """`settled` is how many keys have their names already; the table is for these as well."""
    fits = _fitting(keys, names)
    pairs = paired(list(fits))
    lines = _in_order((line for pair in pairs for line in fits[pair]), list(names))
    unnamed = [pair for pair, by_name in pairs.items() if not by_name]
    return Suggestion(
        tuple(line.sides for line in _longest_first(lines)),
        {line.sides: "shape" for pair in unnamed for line in fits[pair]},
        tuple(_open(fits, pairs)),
        max(0, len(lines) - settled),
        {line.sides: line.order for line in lines if line.order},
    )


def _fitting(keys: Mapping[str, Shape], names: Mapping[str, Shape]) -> dict[Pair, list[Line]]:
    """The layers and modules that fit each other, with what each tensor would be."""
    layers, modules = _layers(keys), _modules(names)
    possible = {
        (layer, module): _lines(theirs, module, ours)
        for layer, theirs in layers.items()
        for module, ours in modules.items()
    }
    return {pair: lines for pair, lines in possible.items() if lines is not None}


def _layers(keys: Mapping[str, Shape]) -> dict[str, dict[str, Shape]]:
    """The tensors of a file by layer."""
    found: dict[str, dict[str, Shape]] = {}
    for key, shape in keys.items():
        layer, _, leaf = key.rpartition("/")
        found.setdefault(layer.removesuffix("/vars") if leaf.isdigit() else layer, {})[key] = shape
    return found


def _modules(names: Mapping[str, Shape]) -> dict[str, dict[str, Shape]]:
    """The model's tensors by module, under their last names."""
    found: dict[str, dict[str, Shape]] = {}
    for name, shape in names.items():
        module, _, leaf = name.rpartition(".")
        if leaf != COUNT:
            found.setdefault(module, {})[leaf] = shape
    return found


def _lines(theirs: Mapping[str, Shape], module: str, ours: Mapping[str, Shape]) -> list[Line] | None:
    """Each tensor of a layer as one of the module's; None where they do not fit."""
    for roles in _roles(list(theirs)):
        tensors = zip(theirs.items(), roles, strict=True)
        lines = [_line(key, shape, role, module, ours) for (key, shape), role in tensors]
        sound = [line for line in lines if line is not None]
        if len(sound) == len(lines) and {line.name.rpartition(".")[2] for line in sound} == set(ours):
            return sound
    return None


def _roles(keys: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """What the tensors of a layer may be called; those that are numbered could be several things."""
    leaves = tuple(key.rpartition("/")[2] for key in keys)
    if all(leaf.isdigit() for leaf in leaves):
        yield from (roles for roles in BY_NUMBER if len(roles) == len(leaves))
    else:
        yield leaves


def _line(key: str, shape: Shape, role: str, module: str, ours: Mapping[str, Shape]) -> Line | None:
    leaf = LEAVES.get(role)
    order = ORDERS.get(len(shape), ()) if role == "kernel" else ()
    turned = tuple(shape[axis] for axis in order) or shape
    if leaf is None or ours.get(leaf) != turned or (role == "kernel" and not order):
        return None
    return Line(key, f"{module}.{leaf}" if module else leaf, order)


def _open(fits: Iterable[Pair], pairs: Collection[Pair]) -> Iterator[Ambiguity]:
    """Layers that fit several modules, or share one."""
    taken = {module for _, module in pairs}
    for layer in dict.fromkeys(layer for layer, _ in fits):
        modules = [module for other, module in fits if other == layer and module not in taken]
        if modules and not any(layer == other for other, _ in pairs):
            yield Ambiguity((layer,), tuple(modules), OPEN)


def _in_order(lines: Iterable[Line], names: Sequence[str]) -> list[Line]:
    """The lines in the model's order."""
    place = {name: at for at, name in enumerate(names)}
    return sorted(lines, key=lambda line: place[line.name])


def _longest_first(lines: Sequence[Line]) -> list[Line]:
    """The lines with none behind one whose key it begins with: that one's rule would take it."""
    found: list[Line] = []
    for line in lines:
        hiding = (at for at, other in enumerate(found) if line.key.startswith(other.key))
        found.insert(next(hiding, len(found)), line)
    return found
