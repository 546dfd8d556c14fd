"""What a step of `upsample.get` costs."""

from getdsl.compiler.work import NOTHING, Rule, Step, Work


def upsample(step: Step) -> Work:
    return NOTHING if step.param("mode", "nearest") == "nearest" else Work(layout="permuted")


RULES = {"Upsample": Rule(upsample)}
