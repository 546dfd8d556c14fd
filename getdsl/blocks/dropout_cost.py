"""What a step of `dropout.get` costs."""

from getdsl.blocks.cost_formulas import dropped
from getdsl.compiler.work import Rule, Step, Work, product


def dropout(step: Step) -> Work:
    p = step.param("p", 0.5)
    return Work(kept=dropped(p, product(*step.output.shape)), view=None if p else "x")


RULES = {"Dropout": Rule(dropout)}
