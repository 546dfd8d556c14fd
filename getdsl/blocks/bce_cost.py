"""What a step of `bce.get` costs."""

from getdsl.compiler.work import Kept, Rule, Step, Work, product


def probabilities_kept(step: Step) -> Work:
    """It keeps both, p as it was held and its negative, 1 - t, and which p are no probabilities."""
    size = product(*step.operands["prediction"].shape)
    made = (Kept(size), Kept(size), Kept(size), Kept(size, itemsize=1))
    return Work(kept=(Kept("prediction"), Kept("target", ("prediction",)), *made))


RULES = {"BCE": Rule(probabilities_kept)}
