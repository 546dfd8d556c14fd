"""What a step of `max_pool1d.get` costs."""

from getdsl.compiler.work import Kept, Rule, Step, Work, product


def max_pool1d(step: Step) -> Work:
    kept = (Kept("x"), Kept(product(*step.output.shape), itemsize=8))  # and where each maximum was
    return Work(kept=kept, layout="permuted")


RULES = {"MaxPool1d": Rule(max_pool1d)}
