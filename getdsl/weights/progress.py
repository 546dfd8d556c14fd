"""A bar for what takes long, where somebody looks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(url: str, *, shown: bool) -> Iterator[Callable[[int, int | None], None]]:
    """A function that takes the bytes that are there and those in all; it shows them on a terminal only."""
    if not shown or not sys.stderr.isatty():
        yield lambda have, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        "{task.description}",
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(url.rpartition("/")[2][:40] or url[:40], total=None)
        yield lambda have, total: bar.update(task, completed=have, total=total)
