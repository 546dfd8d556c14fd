"""Prefixes that were taken off a file's keys, put back where a part of the model is called so."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from getdsl.formats.checkpoint_header import Header


def readings(header: Header, names: Collection[str]) -> Iterator[Header]:
    """The header as it was read, then with what was taken off put back where the model has such parts.

    Readers take `model.` and `module.` off, which wrappers put before all names; a model may have a part
    of that name.
    """
    yield header
    if header.request.key:
        return
    start = ""
    for count, step in enumerate(reversed(header.unwrapped), start=1):
        start = f"{step.rstrip('.')}.{start}"
        if any(name.startswith(start) for name in names):
            yield _put_back(header, start, count)


def _put_back(header: Header, start: str, count: int) -> Header:
    return replace(
        header,
        tensors={f"{start}{key}": info for key, info in header.tensors.items()},
        places={f"{start}{key}": place for key, place in header.places.items()},
        composed={f"{start}{key}": whole for key, whole in header.composed.items()},
        unwrapped=header.unwrapped[: len(header.unwrapped) - count],
    )
