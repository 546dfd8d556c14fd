"""How far a change reaches in `split_pool.get`: to the peaks that hold it."""

from collections.abc import Mapping

from getdsl.compiler.work import Step
from getdsl.compiler.work.reach import Along, Mixed, Reach


def split_pool(step: Step, changed: Mapping[str, int]) -> Reach:
    if changed != {"x": 1}:
        return Mixed()
    return Along(1, {"x": 1}, form="segments", lengths="peak_lengths")


REACHES = {"SplitPool": split_pool}
