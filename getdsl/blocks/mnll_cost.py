"""What a step of `mnll.get` costs."""

from getdsl.compiler.work import Kept, Rule, Step, Work, product


def mnll(step: Step) -> Work:
    """Kept are the target, and which places count as 0 · ln 0."""
    places = product(*step.operands["prediction"].shape)
    return Work(kept=(Kept("target", ("prediction",)), Kept(places, itemsize=1)))


RULES = {"MNLL": Rule(mnll)}
