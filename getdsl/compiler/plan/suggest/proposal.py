"""A whole `rename` table for a file that does not match, its present rules replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from getdsl.compiler.directives.covering import any_covers
from getdsl.compiler.graph.graph import StateTensor
from getdsl.compiler.plan.matching.matched import PARTS, Matched, Shape
from getdsl.compiler.plan.matching.rewriting import canonical
from getdsl.compiler.plan.suggest.keras_table import keras_table
from getdsl.compiler.plan.suggest.suggestion import Suggestion
from getdsl.compiler.plan.suggest.table_search import suggest

OF_KERAS = ("hdf5", "keras", "npz")  # formats of files in which weights may stand as Keras has them


def propose(item: Matched, absent: Sequence[str], model: Mapping[str, StateTensor]) -> Suggestion | None:
    """What to write in place of a file's `rename`; None where there is nothing to find."""
    rest = item.of_fate("unexpected") or item.of_fate("refused")
    if item.load.replace or not rest or not absent:
        return None
    start = f"{item.load.into.text}." if item.load.into is not None else ""
    settled = {canonical(source.key): name.removeprefix(start) for name, source in item.tensors.items()}
    keys, names = _keys(item), _names(item, model, start)
    found = keras_table(keys, names, len(settled)) if _is_of_keras(item) else suggest(keys, names, settled)
    return found if found.rules or found.ambiguous else None


def _is_of_keras(item: Matched) -> bool:
    return item.header.format in OF_KERAS and any("/" in key for key in item.header.tensors)


def _keys(item: Matched) -> dict[str, Shape]:
    """The keys that may get a name: those that were dropped do not, nor do adapters."""
    given_up = {left.source.key for left in item.of_fate("dropped")}
    named = {canonical(key): info.shape for key, info in item.header.tensors.items() if key not in given_up}
    return {key: shape for key, shape in named.items() if not key.endswith(PARTS)}


def _names(item: Matched, model: Mapping[str, StateTensor], start: str) -> dict[str, Shape]:
    """The model's names that may get a key: those that the file owes and that are not declared new."""
    new = [pattern.text for pattern in item.load.new]
    return {
        name.removeprefix(start): tensor.shape
        for name, tensor in model.items()
        if item.load.owes(name) and (name in item.tensors or not any_covers(new, name))
    }
