"""What a step of `contrastive.get` costs."""

from getdsl.compiler.work import Kept, Rule, Step, Work, product


def similarities(step: Step) -> Work:
    """A product of all rows with all, of which the logits are kept."""
    rows, width = step.operands["left"].shape
    flops = product(2, rows, rows, width)
    kept = (Kept("left"), Kept("right"), Kept(product(rows, rows)))
    return Work((flops,), ((("left",), flops), (("right",), flops)), kept)


RULES = {"Contrastive": Rule(similarities)}
