"""Layers of a file and modules of a model that fit each other: which is which, by name or alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from getdsl.compiler.plan.suggest.likeness import MARGIN, letters

Pair = tuple[str, str]  # a layer of the file, and a module
MADE_UP = re.compile(
    r"((depthwise_|separable_)?conv[123]d(_transpose)?|dense|einsum_dense|embedding|lstm|gru"
    r"|(batch|layer|group|unit)_normalization|layer_norm|batch_norm)(_\d+)?"
)


def paired(fits: Sequence[Pair]) -> dict[Pair, bool]:
    """The pairs of a layer and a module that nothing speaks against, and whether names speak for them."""
    series = _series(layer for layer, _ in fits), _series(module for _, module in fits)
    alike = {pair: _alike(*pair, *series) for pair in fits}
    found: dict[Pair, bool] = {}
    rest = list(fits)
    while rest:
        chosen, by_name = _chosen(rest, alike)
        if not chosen:
            break
        found |= dict.fromkeys(chosen, by_name)
        taken = {side for pair in chosen for side in enumerate(pair)}
        rest = [pair for pair in rest if taken.isdisjoint(enumerate(pair))]
    return found


def _chosen(pairs: Sequence[Pair], alike: Mapping[Pair, float]) -> tuple[list[Pair], bool]:
    """The pairs that names speak for; where there are none, those that have no rivals."""
    by_side = _by_side(pairs, alike)
    by_name = [pair for pair in pairs if alike[pair] > 0 and _is_clear(pair, alike[pair], by_side)]
    alone = [pair for pair in pairs if all(len(by_side[side]) == 1 for side in enumerate(pair))]
    return by_name or alone, bool(by_name)


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
