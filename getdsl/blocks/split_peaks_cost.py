"""What a step of `split_peaks.get` costs."""

from getdsl.compiler.work import NOTHING, Kept, Rule, Step, Work, product


def split_peaks(step: Step) -> Work:
    if "peaks" not in step.outputs:
        return NOTHING
    batch, regions, longest, _ = step.outputs["peaks"].shape
    places = product(batch, regions, longest)
    inside = Kept(">inside") if "inside" in step.outputs else Kept(places, itemsize=1)
    return Work(kept=(Kept("x"), Kept(places, itemsize=8), inside))


RULES = {"SplitPeaks": Rule(split_peaks)}
