"""Linear layers, convolutions, normalisation, dropout and pooling."""

from __future__ import annotations

from getdsl.compiler.cost.products import Product, product
from getdsl.compiler.cost.work import NOTHING, Kept, Work, rule
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.trace import Step

MASK_BYTES = 4  # of an element, as on a CPU; a GPU keeps one byte


def multiplied(flops: Product, x: str, weight: str) -> tuple[tuple[tuple[str, ...], Product], ...]:
    """The backward pass of a product with a weight: as much again for each gradient."""
    return (((x,), flops), ((weight,), flops))


@rule("Linear")
def linear(step: Step) -> Work:
    out, width = step.operands["weight"].shape
    flops = product(2, *step.operands["x"].shape[:-1], width, out)
    return Work((flops,), multiplied(flops, "x", "weight"), (Kept("x", ("weight",), copied=True),))


@rule("Conv1d")
def conv1d(step: Step) -> Work:
    out, channels, width = step.operands["weight"].shape
    batch, length, _ = step.operands["x"].shape
    after = step.output.shape[1]
    reach = (width - 1) * int(step.params.get("dilation", 1))
    padded = length + reach if step.params.get("padding", "same") == "same" else length
    flops = product(2, batch, after, out, channels, width)
    kept = Kept(product(batch, channels, padded))  # the input as it was padded
    return Work((flops,), multiplied(flops, "x", "weight"), (kept,), layout="permuted")


@rule("Conv2d")
def conv2d(step: Step) -> Work:
    out, channels, height, width = step.operands["weight"].shape
    batch, _, *sides = step.output.shape
    flops = product(2, batch, *sides, out, channels, height, width)
    return Work((flops,), multiplied(flops, "x", "weight"), (Kept("x"),))


@rule("LayerNorm")
def layer_norm(step: Step) -> Work:
    rows = product(2, *step.operands["x"].shape[:-1])  # each row's mean and scale
    return Work(kept=(Kept("x"), Kept(rows)))


@rule("BatchNorm")
def batch_norm(step: Step) -> Work:
    return Work(kept=(Kept("x", copied=True), Kept(product(2, step.operands["x"].shape[-1]))))


def dropped(p: object, elements: Product) -> tuple[Kept, ...]:
    """What dropout keeps: its mask."""
    return (Kept(elements, itemsize=MASK_BYTES),) if p else ()


@rule("Dropout")
def dropout(step: Step) -> Work:
    p = step.params.get("p", 0.5)
    return Work(kept=dropped(p, product(*step.output.shape)), view=None if p else "x")


@rule("DropPath")
def drop_path(step: Step) -> Work:
    p = step.params.get("p", 0.0)
    return Work(kept=(Kept(product(step.output.shape[0])),)) if p else Work(view="x")


@rule("AbsolutePositionalEncoding", "CTCFPositionalEncoding")
def encoding(step: Step) -> Work:
    return Work(kept=dropped(step.params.get("dropout", 0.1), product(*step.output.shape)))


@rule("MaxPool1d")
def max_pool1d(step: Step) -> Work:
    kept = (Kept("x"), Kept(product(*step.output.shape), itemsize=8))  # and where each maximum was
    return Work(kept=kept, layout="permuted")


@rule("SoftmaxPool1d")
def softmax_pool1d(step: Step) -> Work:
    batch, length, channels = step.operands["x"].shape
    flops = product(2, batch, length, channels, channels)
    weight = "to_attn_logits.weight"
    kept = (Kept("x"), Kept("x", (weight,), copied=True), Kept(product(batch, length, channels)))
    return Work((flops,), multiplied(flops, "x", weight), kept)  # the last: the weights in each window


@rule("TargetLengthCrop")
def crop(step: Step) -> Work:
    return Work(view="x", layout="sliced")


@rule("SplitPool")
def split_pool(step: Step) -> Work:
    return Work(kept=(Kept("x"), Kept("peak_lengths")))


@rule("SplitPeaks")
def split_peaks(step: Step) -> Work:
    if "peaks" not in step.outputs:
        return NOTHING
    batch, regions, longest, _ = step.outputs["peaks"].shape
    places = product(batch, regions, longest)
    inside = Kept(">inside") if "inside" in step.outputs else Kept(places, itemsize=1)
    return Work(kept=(Kept("x"), Kept(places, itemsize=8), inside))


@rule("PatchLengths", "ProfileWindow", "ProfileTrack", "CenterFit")
def lengths(step: Step) -> Work:
    return NOTHING


def patches(length: Dim) -> Dim:
    return length // 25
