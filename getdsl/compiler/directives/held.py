"""Which tensors directives keep as they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from getdsl.compiler.directives.covering import any_covers
from getdsl.compiler.directives.directives import Directives, Pattern, Stage


def held(directives: Directives | Stage, names: Iterable[str]) -> frozenset[str]:
    """The tensors, buffers too, that `freeze` names or `train_only` leaves out."""
    return held_by(_texts(directives.freeze), _texts(directives.train_only), names)


def held_by(
    freeze: Collection[str] | None, train_only: Collection[str] | None, names: Iterable[str]
) -> frozenset[str]:
    """The same, of patterns as texts."""
    if train_only is not None:
        return frozenset(name for name in names if not any_covers(train_only, name))
    return frozenset(name for name in names if any_covers(freeze or (), name))


def _texts(patterns: Iterable[Pattern] | None) -> list[str] | None:
    return None if patterns is None else [pattern.text for pattern in patterns]
