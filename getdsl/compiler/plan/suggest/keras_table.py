"""A `rename` table for a file of Keras's: layers paired with modules, a rule a tensor, and its order of axes.

Keras has the axes of a kernel the other way round than torch: `[in, out]`, `[width, in, out]`,
`[height, width, in, out]`. A layer is paired where all of its tensors fit a module's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from getdsl.compiler.plan.suggest.families import Shape
from getdsl.compiler.plan.suggest.likeness import MARGIN, letters
from getdsl.compiler.plan.suggest.suggestion import Ambiguity, Evidence, Suggestion

LEAVES = {  # torch's name for what Keras calls so
    "kernel": "weight", "gamma": "weight", "embeddings": "weight", "bias": "bias", "beta": "bias",
    "moving_mean": "running_mean", "moving_variance": "running_var",
}  # fmt: skip
BY_NUMBER = (  # what Keras 3 numbers: `stem/vars/0`
    ("kernel", "bias"), ("kernel",), ("embeddings",), ("gamma", "beta"),
    ("gamma", "beta", "moving_mean", "moving_variance"),
)  # fmt: skip
ORDERS = {2: (1, 0), 3: (2, 1, 0), 4: (3, 2, 0, 1)}  # torch's axes of a kernel, as Keras numbers them
MADE_UP = re.compile(
    r"((depthwise_|separable_)?conv[123]d(_transpose)?|dense|einsum_dense|embedding|lstm|gru"
    r"|(batch|layer|group|unit)_normalization|layer_norm|batch_norm)(_\d+)?"
)
COUNT = "num_batches_tracked"  # which Keras has not
Pair = tuple[str, str]  # a layer of the file, and a module
OPEN = "their tensors fit alike, and names do not tell"


@dataclass(frozen=True)
class Line:
    """A tensor of the file, and what it is in the model."""

    key: str
    name: str
    order: tuple[int, ...] = ()


def keras_table(keys: Mapping[str, Shape], names: Mapping[str, Shape], settled: int) -> Suggestion:
    """`settled` is how many keys have their names already; the table is for these as well."""
    fits = {
        (layer, module): lines
        for layer, theirs in _layers(keys).items()
        for module, ours in _modules(names).items()
        if (lines := _lines(theirs, module, ours)) is not None
    }
    pairs = _paired(list(fits))
    place = {name: at for at, name in enumerate(names)}
    lines = sorted((line for pair in pairs for line in fits[pair]), key=lambda line: place[line.name])
    unnamed = [pair for pair, by_name in pairs.items() if not by_name]
    weak: dict[tuple[str, str], Evidence] = {
        (line.key, line.name): "shape" for pair in unnamed for line in fits[pair]
    }
    return Suggestion(
        tuple((line.key, line.name) for line in _longest_first(lines)),
        weak,
        tuple(_open(fits, pairs)),
        max(0, len(lines) - settled),
        {(line.key, line.name): line.order for line in lines if line.order},
    )


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


def _paired(fits: Sequence[Pair]) -> dict[Pair, bool]:
    """The pairs of a layer and a module that nothing speaks against, and whether names speak for them."""
    series = _series(layer for layer, _ in fits), _series(module for _, module in fits)
    alike = {pair: _alike(*pair, *series) for pair in fits}
    found: dict[Pair, bool] = {}
    rest = list(fits)
    while rest:
        by_side = _by_side(rest, alike)
        by_name = [pair for pair in rest if alike[pair] > 0 and _is_clear(pair, alike[pair], by_side)]
        chosen = by_name or [
            pair for pair in rest if all(len(by_side[side]) == 1 for side in enumerate(pair))
        ]
        if not chosen:
            break
        found |= dict.fromkeys(chosen, bool(by_name))
        taken = {side for pair in chosen for side in enumerate(pair)}
        rest = [pair for pair in rest if taken.isdisjoint(enumerate(pair))]
    return found


def _by_side(pairs: Iterable[Pair], alike: Mapping[Pair, float]) -> dict[tuple[int, str], list[float]]:
    """How alike the pairs of each layer, and those of each module, are, the most alike first."""
    found: dict[tuple[int, str], list[float]] = {}
    for pair in pairs:
        for side in enumerate(pair):
            found.setdefault(side, []).append(alike[pair])
    return {side: sorted(values, reverse=True) for side, values in found.items()}


def _is_clear(pair: Pair, own: float, by_side: Mapping[tuple[int, str], Sequence[float]]) -> bool:
    """Whether a pair is more alike than any other of its layer or of its module, by a clear margin."""
    best = (by_side[side] for side in enumerate(pair))
    return all(own == first and (not others or own >= others[0] + MARGIN) for first, *others in best)


Series = Mapping[str, frozenset[str]]  # the numbers that stand behind a name


def _alike(layer: str, module: str, layers: Series, modules: Series) -> float:
    """How much the names of a layer and a module speak for each other.

    One that Keras made up, `conv1d_1`, says nothing: its numbers go on from model to model of a process, and
    the first layer has none. Of others the numbers at the end are the same, and so are those of their rows:
    `block_1` to `block_3` may be `blocks.0` to `blocks.2`.
    """
    theirs, ours = _plain(layer), _plain(module)
    if theirs == ours:
        return 1.0
    if MADE_UP.fullmatch(theirs.rpartition(".")[2]):
        return 0.0
    (stem, number), (other, other_number) = _numbered(theirs), _numbered(ours)
    counted = number == other_number and layers[stem] == modules[other]
    return letters(theirs, ours) if counted else 0.0


def _series(names: Iterable[str]) -> Series:
    found: dict[str, set[str]] = {}
    for name in names:
        stem, number = _numbered(_plain(name))
        found.setdefault(stem, set()).add(number)
    return {stem: frozenset(numbers) for stem, numbers in found.items()}


def _plain(name: str) -> str:
    return name.replace("/", ".").lower()


def _numbered(name: str) -> tuple[str, str]:
    """A name without the number at its end, and that."""
    stem = name.rstrip("0123456789")
    return stem, name[len(stem) :]


def _open(fits: Iterable[Pair], pairs: Collection[Pair]) -> Iterator[Ambiguity]:
    """Layers that fit several modules, or share one."""
    taken = {module for _, module in pairs}
    for layer in dict.fromkeys(layer for layer, _ in fits):
        modules = [module for other, module in fits if other == layer and module not in taken]
        if modules and not any(layer == other for other, _ in pairs):
            yield Ambiguity((layer,), tuple(modules), OPEN)


def _longest_first(lines: Sequence[Line]) -> list[Line]:
    """The lines with none behind one whose key it begins with: that one's rule would take it."""
    found: list[Line] = []
    for line in lines:
        hiding = (at for at, other in enumerate(found) if line.key.startswith(other.key))
        found.insert(next(hiding, len(found)), line)
    return found
