"""How far a change reaches in `target_length_crop.get`: as far as what is kept."""

from collections.abc import Mapping

from getdsl.compiler.graph.operands import SliceArgument
from getdsl.compiler.work import Step
from getdsl.compiler.work.reach import Along, Mixed, Reach


def target_length_crop(step: Step, changed: Mapping[str, int]) -> Reach:
    if changed != {"x": 1}:
        return Mixed()
    before = (step.operands["x"].shape[1] - step.number("target_length", 1)) // 2
    return Along(1, {"x": 1}, form="cut", part=SliceArgument(before, None))


REACHES = {"TargetLengthCrop": target_length_crop}
