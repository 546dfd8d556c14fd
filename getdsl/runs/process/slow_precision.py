"""A precision that the processor has no instructions for: told before a run takes three times as long."""

from __future__ import annotations

import platform
from pathlib import Path

from getdsl.text.opener import MEBIBYTE, read_text

CPUINFO = Path("/proc/cpuinfo")
INSTRUCTIONS = {"x86_64": {"avx512_bf16", "amx_bf16", "avx_ne_convert"}, "aarch64": {"bf16", "svebf16"}}


def slow_precision(precision: str, accelerator: str) -> str | None:
    """A sentence where this processor computes slower in the precision than in float32, None where not.

    Where the processor does not say what it can do, nothing is said.
    """
    wanted = INSTRUCTIONS.get(platform.machine())
    known = _instructions()
    if precision != "bf16-mixed" or accelerator != "cpu" or wanted is None or not known or known & wanted:
        return None
    return (
        'warning: this processor has no bf16 instructions, and `precision = "bf16-mixed"` takes '
        'about 3 times as long as "32-true" on it'  # 2.9 times, measured on AVX-512 without bf16
    )


def _instructions() -> set[str]:
    """The names of what the processor can do, as Linux tells them; nothing elsewhere."""
    try:
        lines = read_text(CPUINFO, MEBIBYTE).splitlines()
    except (OSError, UnicodeDecodeError):
        return set()
    heads = ("flags", "Features")
    return {word for line in lines if line.startswith(heads) for word in line.partition(":")[2].split()}
