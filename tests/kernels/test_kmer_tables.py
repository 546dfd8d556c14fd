"""The pieces of the CPU kernels: layouts, threads, the cache on disk."""

import os
import runpy
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from getdsl.kernels.kmer_tables import jit
from getdsl.kernels.kmer_tables.layout import LONGEST, layout_of
from getdsl.kernels.kmer_tables.workers import run_all, workers


@pytest.mark.parametrize("width", range(1, 65))
@pytest.mark.parametrize("positions", [1, 1000, 10**6])
def test_the_pieces_of_a_layout_cover_the_width(width: int, positions: int) -> None:
    layout = layout_of(width, positions)
    assert layout.long * layout.long_count + layout.short * layout.short_count == width
    assert 1 <= layout.long <= LONGEST
    assert layout.long_count >= 1


def test_few_positions_get_small_tables() -> None:
    assert layout_of(29, 10).size < layout_of(29, 10**6).size


def test_every_item_is_done_once_by_as_many_threads_as_torch_has() -> None:
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        assert workers(100) == 3
        assert workers(2) == 2
        done: list[tuple[int, int]] = []
        run_all(lambda item, worker: (time.sleep(0.001), done.append((item, worker)))[1], 50)
    finally:
        torch.set_num_threads(threads)
    assert sorted(item for item, _ in done) == list(range(50))
    assert {worker for _, worker in done} == {0, 1, 2}


def test_an_error_in_a_thread_is_raised() -> None:
    def fail(item: int, worker: int) -> None:
        raise KeyError(item)

    with pytest.raises(KeyError):
        run_all(fail, 8)


SCAN = """
import torch
from getdsl.kernels.kmer_tables.scan import pool_sums as compiled
from getdsl.kernels.motif_scan_pool import motif_scan_pool
motif_scan_pool(torch.zeros(1, 50, dtype=torch.uint8), torch.ones(2, 4, 5), None, torch.tensor([[50]]))
print(sum(compiled.stats.cache_hits.values()), sum(compiled.stats.cache_misses.values()))
"""


def _counts_of_a_process(cache: Path) -> list[int]:
    """Of a new process with that cache: kernels that were read from it, and that were compiled for it."""
    given = {
        name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")
    }
    given["XDG_CACHE_HOME"] = str(cache)
    done = subprocess.run([sys.executable, "-c", SCAN], capture_output=True, text=True, check=True, env=given)
    return [int(number) for number in done.stdout.split()]


def test_what_is_compiled_is_kept_for_the_next_process(tmp_path: Path) -> None:
    assert _counts_of_a_process(tmp_path) == [0, 1]
    assert any((tmp_path / "getdsl").rglob("*.nbc"))
    assert _counts_of_a_process(tmp_path) == [1, 0]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A source with one function, beside the cache of a process that has not yet looked for one."""
    source = tmp_path / "small.py"
    source.write_text("def twice(number):\n    return 2 * number\n")
    monkeypatch.setattr(jit.config, "CACHE_DIR", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    _forget()
    yield source
    _forget()


def _forget() -> None:
    jit._folder.cache_clear()
    jit._writable.cache_clear()


def _counts(source: Path) -> list[int]:
    """Of a function that is defined anew: how often it was read from the cache, and compiled for it."""
    module = runpy.run_path(str(source))
    twice = jit.compiled(module["twice"])
    assert twice(3) == 6
    return [sum(twice.stats.cache_hits.values()), sum(twice.stats.cache_misses.values())]


def test_a_cache_that_cannot_be_written_is_done_without(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(small))
    assert _counts(small)[0] == 0


@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_a_damaged_cache_is_made_again(suffix: str, small: Path) -> None:
    assert _counts(small) == [0, 1]
    damaged = list((small.parent / "getdsl").rglob(f"*{suffix}"))
    assert damaged
    for path in damaged:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert _counts(small) == [0, 1]
    assert _counts(small) == [1, 0]


def test_a_cache_that_others_can_write_into_is_not_read(small: Path) -> None:
    """numba's files are pickles: whoever writes them has what reads them run code."""
    assert _counts(small) == [0, 1]
    (folder,) = (small.parent / "getdsl/machine_code").iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    assert _counts(small) == [1, 0]
    folder.chmod(0o777)
    _forget()
    assert _counts(small)[0] == 0


def test_a_forked_process_has_threads_of_its_own() -> None:
    run_all(lambda item, worker: None, 4)
    child = os.fork()
    if not child:
        run_all(lambda item, worker: None, 4)
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
