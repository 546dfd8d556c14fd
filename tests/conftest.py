"""What must stand in the environment before torch is imported, here and in the processes that tests start.

Where there is no GPU, Triton's kernels run in its interpreter. pytest-xdist's workers share the cores out.
"""

import os

if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
    share = (os.cpu_count() or 1) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, share)))

import pytest
import torch

if not torch.cuda.is_available():
    os.environ.setdefault("TRITON_INTERPRET", "1")


def pytest_make_parametrize_id(config: pytest.Config, val: object) -> str | None:
    """Bytes that are made anew in each process, as gzip's are, must not name a test."""
    return "bytes" if isinstance(val, bytes) else None
