"""How far a change reaches in `conv1d.get`: as far as the kernel."""

from collections.abc import Mapping

from getdsl.compiler.work import Step
from getdsl.compiler.work.reach import Along, Mixed, Reach


def conv1d(step: Step, changed: Mapping[str, int]) -> Reach:
    if changed != {"x": 1}:
        return Mixed()
    reach = step.number("dilation", 1) * (step.number("kernel_size", 1) - 1)
    stride = step.number("stride", 1)
    match step.param("padding", "same"):
        case "valid":
            return Along(1, {"x": 1}, stride=stride, span=reach + 1)
        case "causal":
            before = reach
        case int(padding):
            before = int(padding)
        case _ if stride == 1:
            before = reach // 2
        case _:
            length = step.operands["x"].shape[1].value
            if length is None:
                return Mixed("pads as the sequence's length asks, which the spec does not tell")
            before = max(0, (length - 1) // stride * stride + reach + 1 - length) // 2
    return Along(1, {"x": 1}, stride=stride, span=reach + 1, before=before, form="unpadded")


REACHES = {"Conv1d": conv1d}
