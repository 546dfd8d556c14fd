"""Which tensors directives keep as they are."""

from __future__ import annotations

from collections.abc import Iterable

from getdsl.compiler.directives.covering import any_covers
from getdsl.compiler.directives.directives import Directives


def held(directives: Directives, names: Iterable[str]) -> frozenset[str]:
    """The tensors, buffers too, that `freeze` names or `train_only` leaves out."""
    if directives.train_only is not None:
        trained = [pattern.text for pattern in directives.train_only]
        return frozenset(name for name in names if not any_covers(trained, name))
    frozen = [pattern.text for pattern in directives.freeze or ()]
    return frozenset(name for name in names if any_covers(frozen, name))
