"""Preparing: what a spec's readers read, written to a store that batches are read from afterwards."""

from __future__ import annotations

import errno
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from getdsl.compiler.refusals import refuse_untrusted
from getdsl.compiler.spec import Spec
from getdsl.data.declared import DeclaredData
from getdsl.data.store.filling import fill
from getdsl.data.store.layout import Shard
from getdsl.data.store.prepare import Plan, finish, kept_hashes, lay_out
from getdsl.diagnostics import UserError
from getdsl.runs.opened.samples import reading
from getdsl.runs.run_folder.lock import locked
from getdsl.trust import NOBODY, Trust

Filled = Iterable[tuple[Shard, str]]
"""Shards as they are done, with the hashes of their files."""


@dataclass(frozen=True)
class Prepared:
    """A store that is whole. `again` says why arrays that were there were made again, by key."""

    path: Path
    sha256: str
    regions: int
    arrays: int
    bytes: int
    seconds: float
    again: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()  # what the files lack, which a run that reads the store does not see


@dataclass(frozen=True)
class Work:
    """How a store is filled: by so many processes of this machine, or those of a cluster's scheduler."""

    workers: int = 1
    scheduler: str | None = None

    def fill(
        self, spec: Spec, source: DeclaredData, path: Path, shards: list[Shard]
    ) -> Iterator[tuple[Shard, str]]:
        if self.workers == 1 and self.scheduler is None:
            yield from ((shard, fill(source, path, shard)) for shard in shards)
            return
        from getdsl.runs.preparing.cluster import fill_elsewhere

        yield from fill_elsewhere(spec, path, shards, self.workers, self.scheduler)


ALONE = Work()


def prepare(
    spec: Spec,
    path: Path,
    *,
    overwrite: bool = False,
    work: Work = ALONE,
    trust: Trust = NOBODY,
    shown: Callable[[Plan, Filled], Filled] = lambda plan, filled: filled,
) -> Prepared:
    """Writes the store of a spec, or what is missing of it. `shown` sees the shards as they are done.

    Raises UserError for what the user can mend; what is written by then is gone on from the next time.
    """
    started = time.monotonic()
    refuse_untrusted(spec, trust)
    with reading():
        source = declared_source(spec)
        with _folder(path), locked(path, "prepares it"), _space(path):
            plan = lay_out(source, path, overwrite=overwrite)
            _refuse_full_disk(plan)
            again = dict(plan.again)
            filled = shown(plan, work.fill(spec, source, path, plan.shards()))
            hashes = _filled(source, plan, filled, again)
            digest = finish(plan, hashes)
    size = sum(array.bytes for array in plan.arrays.values())
    seconds = time.monotonic() - started
    return Prepared(path, digest, len(source.regions), len(plan.arrays), size, seconds, again, source.notes)


def declared_source(spec: Spec) -> DeclaredData:
    """A spec's data, read from their files. Raises UserError where it declares no batch, and DataError."""
    if spec.data is None:
        raise UserError(
            f"{spec.path or 'the spec'} has no data", "add `data { … }` with `regions` and a `batch`"
        )
    if spec.data.whole is not None:
        raise UserError(
            f"`{spec.data.whole.name}` is read as it is, and there is nothing to prepare",
            "declare `regions` and a `batch` in `data`, which a store is made of",
        )
    return DeclaredData(spec.data, spec.data_settings, direct=True)


def _filled(source: DeclaredData, plan: Plan, filled: Filled, again: dict[str, str]) -> dict[str, list[str]]:
    """The hashes of all shards by key, in their order; one whose bytes have changed is written anew."""
    kept = kept_hashes(plan)
    found = {}
    for shard, digest in filled:
        key, number = shard.array.key, shard.number
        if key in kept and kept[key][number] != digest:
            shard.path(plan.path).unlink()
            digest = fill(source, plan.path, shard)
            again[key] = "bytes of it had changed since they were written"
        found[key, number] = digest
    return {key: [found[key, shard.number] for shard in array.shards()] for key, array in plan.arrays.items()}


# -- the folder, and the space for it


@contextmanager
def _folder(path: Path) -> Iterator[None]:
    """The store's folder; one that nothing came into is gone afterwards."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"`{path}` cannot be made ({error.strerror})", "name another folder with `-o`"
        ) from error
    try:
        yield
    except BaseException:
        with suppress(OSError):  # it is not empty
            path.rmdir()
        raise


def _refuse_full_disk(plan: Plan) -> None:
    free = shutil.disk_usage(plan.path).free
    if plan.bytes_left > free:
        needed = f"{plan.bytes_left / 1e9:,.1f} GB are still to be written, and {free / 1e9:,.1f} GB are free"
        raise UserError(
            f"`{plan.path}`: {needed}", "free some space, or name a folder of another disk with `-o`"
        )


@contextmanager
def _space(path: Path) -> Iterator[None]:
    """Says of a disk that fills up meanwhile what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise UserError(
            f"`{path}`: the disk is full", "free some space and run the same command again: it goes on"
        ) from error
