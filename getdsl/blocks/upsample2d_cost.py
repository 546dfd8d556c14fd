"""What a step of `upsample2d.get` costs."""

from getdsl.compiler.work import NOTHING, Rule, Step, Work


def upsample2d(step: Step) -> Work:
    turned = step.param("channels", "first") == "last" and step.param("mode", "nearest") == "bilinear"
    return Work(layout="permuted") if turned else NOTHING


RULES = {"Upsample2d": Rule(upsample2d)}
