"""What a step of `split_pool.get` costs."""

from getdsl.compiler.work import Kept, Rule, Step, Work


def split_pool(step: Step) -> Work:
    return Work(kept=(Kept("x"), Kept("peak_lengths")))


RULES = {"SplitPool": Rule(split_pool)}
