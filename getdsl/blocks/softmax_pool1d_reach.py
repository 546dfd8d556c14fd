"""How far a change reaches in `softmax_pool1d.get`: to the window that holds it."""

from collections.abc import Mapping

from getdsl.compiler.work import Step
from getdsl.compiler.work.reach import Along, Mixed, Reach


def softmax_pool1d(step: Step, changed: Mapping[str, int]) -> Reach:
    if changed != {"x": 1}:
        return Mixed()
    width = step.number("pool_size", 2)
    return Along(1, {"x": 1}, stride=width, span=width)


REACHES = {"SoftmaxPool1d": softmax_pool1d}
