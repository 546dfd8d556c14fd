"""How far a change reaches in `conv1d.get`: as far as the kernel."""

from collections.abc import Mapping

from getdsl.compiler.work import Step
from getdsl.compiler.work.reach import Along, Mixed, Reach


def conv1d(step: Step, changed: Mapping[str, int]) -> Reach:
    if changed != {"x": 1}:
        return Mixed()
    reach = step.number("dilation", 1) * (step.number("kernel_size", 1) - 1)
    if step.param("padding", "same") == "valid":
        return Along(1, {"x": 1}, span=reach + 1)
    return Along(1, {"x": 1}, span=reach + 1, before=reach // 2, form="unpadded")


REACHES = {"Conv1d": conv1d}
