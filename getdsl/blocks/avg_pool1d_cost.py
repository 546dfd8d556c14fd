"""What a step of `avg_pool1d.get` costs."""

from getdsl.compiler.work import Kept, Rule, Step, Work, product


def avg_pool1d(step: Step) -> Work:
    batch, after, channels = step.output.shape
    width = step.number("kernel_size", 1)
    padded = product(batch, (after - 1) * step.number("stride", width) + width, channels)
    return Work(kept=(Kept(padded),), layout="permuted")


RULES = {"AvgPool1d": Rule(avg_pool1d)}
