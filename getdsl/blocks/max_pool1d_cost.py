"""What a step of `max_pool1d.get` costs."""

from getdsl.compiler.work import Kept, Rule, Step, Work, product


def max_pool1d(step: Step) -> Work:
    batch, after, channels = step.output.shape
    if step.param("padding", "valid") == "valid":
        pooled = Kept("x")
    else:  # a copy of the input, as it was padded
        width = step.number("kernel_size", 1)
        pooled = Kept(product(batch, (after - 1) * step.number("stride", width) + width, channels))
    kept = (pooled, Kept(product(*step.output.shape), itemsize=8))  # and where each maximum was
    return Work(kept=kept, layout="permuted")


RULES = {"MaxPool1d": Rule(max_pool1d)}
