"""What a step of `max_pool2d.get` costs."""

from getdsl.blocks.cost_formulas import windows_of_map
from getdsl.compiler.work import Kept, Rule, Step, Work, product


def max_pool2d(step: Step) -> Work:
    work = windows_of_map(step)
    where = Kept(product(*step.output.shape), itemsize=8)  # where each maximum was
    return Work(kept=(*work.kept, where), layout=work.layout)


RULES = {"MaxPool2d": Rule(max_pool2d)}
