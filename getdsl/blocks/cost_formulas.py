"""Formulas that the costs of several blocks share."""

from __future__ import annotations

from collections.abc import Callable, Collection

from getdsl.compiler.work import NOTHING, Kept, Layout, Product, Step, Work, product

MASK_BYTES = 4  # of an element, as on a CPU; a GPU keeps one byte


def multiplied(flops: Product, x: str, weight: str) -> tuple[tuple[tuple[str, ...], Product], ...]:
    """The backward pass of a product with a weight: as much again for each gradient."""
    return (((x,), flops), ((weight,), flops))


def dropped(p: object, elements: Product) -> tuple[Kept, ...]:
    """What dropout keeps: its mask."""
    return (Kept(elements, itemsize=MASK_BYTES),) if p else ()


def added_and_dropped(step: Step) -> Work:
    """A positional encoding: what it adds is no weight, so only the dropout behind it keeps something."""
    return Work(kept=dropped(step.param("dropout", 0.1), product(*step.output.shape)))


def compared(step: Step) -> Work:
    """A loss whose gradient is made of the difference: it keeps both."""
    return Work(kept=(Kept("prediction"), Kept("target")))


def counted(step: Step) -> Work:
    """A loss of counts: it keeps the target, and the expected counts or their logarithms."""
    size = product(*step.operands["prediction"].shape)
    return Work(kept=(Kept("target", ("prediction",)), Kept(size)))


def windows_of_map(step: Step) -> Work:
    """A pool of a map: it keeps the input, as it was padded."""
    layout: Layout = "permuted" if step.param("channels", "first") == "last" else "packed"
    return Work(kept=(Kept("x"),), layout=layout)


def logits_kept(step: Step) -> Work:
    """A loss of classes: it keeps the logarithms of their probabilities, and the target."""
    return Work(kept=(Kept(product(*step.operands["prediction"].shape)), Kept("target", ("prediction",))))


def free(step: Step) -> Work:
    """Nothing multiplied, nothing kept."""
    return NOTHING


def only_sizes_of(*names: str) -> Callable[[Step, str], Collection[str]]:
    """Of these inputs only the sizes are read, so they get no gradient."""

    def unreached(step: Step, output: str) -> Collection[str]:
        return names

    return unreached
