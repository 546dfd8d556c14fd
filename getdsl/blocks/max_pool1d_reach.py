"""How far a change reaches in `max_pool1d.get`: to the windows that hold it."""

from collections.abc import Mapping

from getdsl.compiler.work import Step
from getdsl.compiler.work.reach import Along, Mixed, Reach


def max_pool1d(step: Step, changed: Mapping[str, int]) -> Reach:
    if changed != {"x": 1}:
        return Mixed()
    if step.param("padding", "valid") not in ("valid", 0):
        return Mixed("pads with what is no value of a sequence")
    width = step.number("kernel_size", 1)
    return Along(1, {"x": 1}, stride=step.number("stride", width), span=width)


REACHES = {"MaxPool1d": max_pool1d}
