"""Preparing in several processes, by Dask: on this machine, or on a cluster that is there."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from getdsl.compiler.constants.paths import PathText
from getdsl.compiler.elaborate.declared_data import Data
from getdsl.compiler.sections.data import DataSettings
from getdsl.compiler.spec import Spec
from getdsl.data.declared import DeclaredData
from getdsl.data.store.filling import fill
from getdsl.data.store.layout import Shard
from getdsl.diagnostics import UserError

_SECONDS_TO_CONNECT = 20

_opened: dict[str, DeclaredData] = {}
"""The data of the last run that this process worked for: a worker fills many shards in it."""


def fill_elsewhere(
    spec: Spec, path: Path, shards: list[Shard], workers: int, scheduler: str | None
) -> Iterator[tuple[Shard, str]]:
    """The shards as they are done, by whatever process, with their hashes.

    Raises UserError, and what `fill` raises in a worker.
    """
    assert spec.data is not None
    with ExitStack() as stack:
        distributed, client = connected(stack, workers, scheduler)
        shared = client.scatter((_absolute(spec.data), spec.data_settings), broadcast=True)
        given = shared, path.resolve(), uuid4().hex
        futures = {client.submit(_filled, *given, shard, pure=False): shard for shard in shards}
        try:
            for future in distributed.as_completed(futures):
                yield futures[future], future.result()
        except distributed.scheduler.KilledWorker as error:
            raise UserError(
                f"the workers of a task died: {error}",
                "give them more memory, or take fewer; the same command goes on where it was",
            ) from error
        except ImportError as error:
            raise UserError(
                f"a worker lacks what this process has: {error}", "install the same getdsl where workers run"
            ) from error


def connected(stack: ExitStack, workers: int, scheduler: str | None) -> tuple[Any, Any]:
    """Dask's module, and a client of so many workers here or of a cluster, until the stack ends.

    Raises UserError where Dask is not installed, or there is no such cluster.
    """
    try:
        distributed: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise UserError(
            "several workers need Dask, which is not installed",
            'install it with `pip install "getdsl[dask]"`, or leave `--workers` and `--scheduler` out',
        ) from error
    return distributed, _client(distributed, stack, workers, scheduler)


def _client(distributed: Any, stack: ExitStack, workers: int, scheduler: str | None) -> Any:
    """A client of the cluster at an address, or of processes that end with it."""
    if scheduler is None:
        cluster = distributed.LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address=None,
            silence_logs="ERROR",
        )
        return stack.enter_context(distributed.Client(stack.enter_context(cluster)))
    try:
        client = stack.enter_context(distributed.Client(scheduler, timeout=_SECONDS_TO_CONNECT))
    except (OSError, ValueError) as error:
        raise UserError(
            f"there is no Dask scheduler at {scheduler} ({error})",
            "give the address that `dask scheduler` printed, such as tcp://127.0.0.1:8786",
        ) from error
    try:
        client.wait_for_workers(1, timeout=_SECONDS_TO_CONNECT)
    except TimeoutError as error:
        raise UserError(
            f"the Dask scheduler at {scheduler} has no workers", f"start some: `dask worker {scheduler}`"
        ) from error
    return client


def _filled(shared: tuple[Data, DataSettings], store: Path, run: str, shard: Shard) -> str:
    """Fills a shard in a worker, which opens the files once a run."""
    source = _opened.get(run)
    if source is None:
        _opened.clear()
        source = _opened[run] = DeclaredData(*shared, direct=True)
    return fill(source, store, shard)


def _absolute(data: Data) -> Data:
    """The same data; workers may run in another folder."""
    sources = {
        name: replace(source, params={key: _resolved(value) for key, value in source.params.items()})
        for name, source in data.sources.items()
    }
    return replace(data, sources=sources, genome=_resolved(data.genome))


def _resolved(value: Any) -> Any:
    if isinstance(value, PathText):
        return value if value.startswith("getdsl:") else PathText(os.path.abspath(value))
    if isinstance(value, list):
        return [_resolved(item) for item in value]
    return value
