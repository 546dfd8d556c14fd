"""The next batch is read while the model works on the one before it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from torch.utils.data import DataLoader

from getdsl.runs.opened.strands import Batch


class ReadAhead(DataLoader[Batch]):
    """A loader without workers, whose batches a thread of its own reads, one ahead.

    What is computed lets the thread run, and none of it draws from the global generators: batches are the
    same bits as without.
    """

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]
        batches: Iterator[Any] = super().__iter__()
        with ThreadPoolExecutor(1, "getdsl reads ahead") as reader:
            ahead = reader.submit(next, batches, None)
            while (batch := ahead.result()) is not None:
                ahead = reader.submit(next, batches, None)
                yield batch
