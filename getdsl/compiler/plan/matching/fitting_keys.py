"""Which of the models in a file is the spec's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from getdsl.compiler.directives.directives import Load
from getdsl.compiler.graph.graph import StateTensor
from getdsl.diagnostics import UserError
from getdsl.formats.checkpoint_header import Header, LoadRequest


def fitting_keys(
    load: Load,
    keys: Iterable[str],
    read: Callable[[LoadRequest], Header],
    model: Mapping[str, StateTensor],
) -> list[str]:
    """The keys that lead to most tensors of the model's shapes; none where none leads to any."""
    owed = Counter(tensor.shape for name, tensor in model.items() if load.owes(name))
    fits = {key: _fit(replace(load.request, key=(key,)), read, owed) for key in keys}
    most = max(fits.values(), default=0)
    return [key for key, fit in fits.items() if fit == most > 0]


def _fit(request: LoadRequest, read: Callable[[LoadRequest], Header], owed: Counter[tuple[int, ...]]) -> int:
    """How many tensors of a file have the shape of one of the model's."""
    try:
        header = read(request)
    except UserError:
        return 0
    return (Counter(info.shape for info in header.tensors.values()) & owed).total()
