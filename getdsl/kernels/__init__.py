"""Tensor operations with kernels of their own, registered with torch; one folder an op."""

from functools import cache
from importlib.util import find_spec


@cache
def has_triton() -> bool:
    """Whether Triton is installed; it is made for Linux only."""
    return find_spec("triton") is not None
