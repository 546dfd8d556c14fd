"""A bar for what takes long, on a terminal's stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Step(Protocol):
    def __call__(self, done: int, number: int | None = None) -> None:
        """So much is done, of so much in all, where that is known."""


@contextmanager
def bar(doing: str, *, quiet: bool) -> Iterator[Step]:
    """What is told how much is done, and shows it where somebody sees it."""
    from rich.console import Console
    from rich.progress import Progress

    disable = quiet or not sys.stderr.isatty()
    with Progress(console=Console(stderr=True), transient=True, disable=disable) as shown:
        task = shown.add_task(doing, total=None)

        def step(done: int, number: int | None = None) -> None:
            shown.update(task, completed=done, total=number)

        yield step
