"""Where a `key` leads inside a file, and which keys a file could be given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from getdsl.weights.tree import Level, holds_tensors

OF_TRAINING = re.compile(r"(^|_)(optim\w*|state|states|scheduler\w*|scaler\w*)(_|$)")  # no weights of a model
AVERAGED = re.compile(r"(^|_)ema(_|$)")  # a running mean of the weights
INNER = ("", "module.", "model.", "ema_model.")  # what names of such a mean go through


def find(level: Level, key: str) -> Level | None:
    """The level that a key names: a mapping, the start of names, or a way through mappings, dot by dot."""
    if isinstance(level.content.get(key), Mapping):
        return level.into(key)
    if any(isinstance(name, str) and name.startswith(f"{key}.") for name in level.content):
        return level.beginning(key)
    for dot in re.finditer(r"\.", key):
        head, rest = key[: dot.start()], key[dot.end() :]
        if isinstance(level.content.get(head), Mapping):
            found = find(level.into(head), rest)
            if found is not None:
                return found
    return None


def candidates(level: Level) -> list[str]:
    """Keys of what may be a model below a level, those with more tensors first."""
    counted = {key: sum(1 for _ in inner.tensors()) for key, inner in _models(level)}
    return sorted(counted, key=lambda key: -counted[key])


def _models(level: Level) -> Iterator[tuple[str, Level]]:
    for name, value in level.content.items():
        if not isinstance(name, str) or not isinstance(value, Mapping) or not holds_tensors(value):
            continue
        inner = level.into(name)
        if any(isinstance(other, str) and OF_TRAINING.search(other) for other in value):
            yield from _models(inner)
        elif not OF_TRAINING.search(name):
            yield ".".join(inner.taken), inner


def readings(names: Iterable[str]) -> tuple[str, ...]:
    """The starts of names under which a model lies twice: as it was trained, and as a running mean of it."""
    groups: dict[str, set[str]] = {}
    for name in names:
        first, dot, rest = name.partition(".")
        if dot:
            groups.setdefault(first, set()).add(rest)
    for averaged in filter(AVERAGED.search, groups):
        for inner in INNER:
            other = _averaged_of(groups, averaged, inner)
            if other is not None:
                return other, f"{averaged}.{inner}".rstrip(".")
    return ()


def _averaged_of(groups: Mapping[str, set[str]], averaged: str, inner: str) -> str | None:
    """The group of which another is the mean, where all of its names go through `inner`."""
    if not all(name.startswith(inner) for name in groups[averaged]):
        return None
    mean = {name.removeprefix(inner) for name in groups[averaged]}
    return next((other for other, own in groups.items() if other != averaged and mean <= own), None)
