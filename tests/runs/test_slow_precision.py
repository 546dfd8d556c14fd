"""A precision without instructions of the processor's own is told before the run."""

from __future__ import annotations

from pathlib import Path

import pytest

from getdsl.runs.process import slow_precision as room
from getdsl.runs.process.slow_precision import slow_precision

INTEL = "processor : 0\nflags\t\t: fpu avx2 avx512f\n\nprocessor : 1\nflags\t\t: fpu avx2 avx512f\n"


@pytest.mark.parametrize(
    ("machine", "cpuinfo", "precision", "accelerator", "told"),
    [
        ("x86_64", INTEL, "bf16-mixed", "cpu", True),
        ("x86_64", INTEL, "32-true", "cpu", False),
        ("x86_64", INTEL, "bf16-mixed", "gpu", False),
        ("x86_64", INTEL.replace("avx512f", "avx512f avx512_bf16"), "bf16-mixed", "cpu", False),
        ("aarch64", "Features\t: fp asimd\n", "bf16-mixed", "cpu", True),
        ("aarch64", "Features\t: fp asimd bf16\n", "bf16-mixed", "cpu", False),
        ("arm64", None, "bf16-mixed", "cpu", False),
        ("x86_64", None, "bf16-mixed", "cpu", False),
    ],
)
def test_it_is_told_where_it_is_known(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    machine: str,
    cpuinfo: str | None,
    precision: str,
    accelerator: str,
    told: bool,
) -> None:
    if cpuinfo is not None:
        (tmp_path / "cpuinfo").write_text(cpuinfo)
    monkeypatch.setattr(room, "CPUINFO", tmp_path / "cpuinfo")
    monkeypatch.setattr("platform.machine", lambda: machine)
    found = slow_precision(precision, accelerator)
    assert (found is not None) is told
    assert found is None or "about 3 times as long" in found
