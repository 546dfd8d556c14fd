"""How far a change reaches in `motif_scanner.get`: as far as the kernels, or to their peaks."""

from collections.abc import Mapping
from dataclasses import replace

from getdsl.compiler.work import Step
from getdsl.compiler.work.reach import Along, Mixed, Reach


def motif_scanner(step: Step, changed: Mapping[str, int]) -> Reach:
    if changed != {"x": 1}:
        return Mixed()
    width = step.number("kernel_size", 29)
    return Along(1, {"x": 1}, span=width, before=(width - 1) // 2, form="unpadded")


def motif_scan_pool(step: Step, changed: Mapping[str, int]) -> Reach:
    scan = motif_scanner(step, changed)
    if isinstance(scan, Mixed) or "peak_lengths" not in step.operands:
        return scan
    return replace(scan, form="segments", lengths="peak_lengths")


REACHES = {"MotifScanner": motif_scanner, "MotifScanPool": motif_scan_pool}
