"""How far a change reaches in `avg_pool1d.get`: to the windows that hold it."""

from collections.abc import Mapping

from getdsl.compiler.work import Step
from getdsl.compiler.work.reach import Along, Mixed, Reach


def avg_pool1d(step: Step, changed: Mapping[str, int]) -> Reach:
    padding = step.param("padding", "valid")
    if changed != {"x": 1}:
        return Mixed()
    width = step.number("kernel_size", 1)
    stride = step.number("stride", width)
    if padding in ("valid", 0):
        return Along(1, {"x": 1}, stride=stride, span=width)
    if padding == "same" or not step.param("count_include_pad", True):
        return Mixed("pads, and counts what is there")
    assert isinstance(padding, int)
    return Along(1, {"x": 1}, stride=stride, span=width, before=int(padding), form="unpadded")


REACHES = {"AvgPool1d": avg_pool1d}
