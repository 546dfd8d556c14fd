"""What a step of `batch_norm.get` costs."""

from getdsl.compiler.work import Kept, Rule, Step, Work, product


def batch_norm(step: Step) -> Work:
    statistics = product(2, step.operands["x"].shape[-1])
    return Work(kept=(Kept("x", copied=True), Kept(statistics)))


RULES = {"BatchNorm": Rule(batch_norm)}
