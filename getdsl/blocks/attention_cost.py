"""What a step of `attention.get` costs.

The products that make queries, keys and values, the scores, and what they weigh. As in
torch.utils.flop_counter, the backward pass of fused attention makes five products where the forward has
two, for it computes the scores again; where the map itself is returned it is kept instead.
"""

from collections.abc import Collection

from getdsl.blocks.cost_formulas import dropped
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.work import Kept, Product, Rule, Step, Work, product

INTO_HEADS = ("x", "qkv.weight", "q_bias", "v_bias")
PROJ = (*INTO_HEADS, "proj.weight")


def attention(step: Step) -> Work:
    batch, tokens, dim = step.operands["x"].shape
    heads, width = step.number("num_heads", 8), step.operands["proj.weight"].shape[1]
    qkv = product(6, batch, tokens, dim, width)
    proj = product(2, batch, tokens, width, dim)
    scores = product(2, batch, tokens, tokens, width)
    made = "y" in step.outputs
    mapped = "attn" in step.outputs
    backward = [
        (("x",), qkv),
        (("qkv.weight",), qkv),
        (INTO_HEADS, scores * ((2 + 2 * made) if mapped else 5)),
    ]
    if made:
        backward += [(INTO_HEADS, proj), (("proj.weight",), proj)]
    kept = [Kept("x", ("qkv.weight",), copied=True)]
    kept += _mapped(step, heads, width) if mapped else _fused(step, heads, width)
    if made:
        kept += dropped(step.param("proj_drop"), product(batch, tokens, dim))
    forward = (qkv, scores, *((scores, proj) if made or not mapped else (scores,)))
    return Work(forward, tuple(backward), tuple(kept))


def _fused(step: Step, heads: int, width: Dim) -> list[Kept]:
    batch, tokens, _ = step.operands["x"].shape
    one = product(batch, tokens, width)
    kept = [
        Kept(one * 3, INTO_HEADS),  # queries, keys and values
        Kept(one, PROJ),  # what they attend to; its layout is that of the tokens
        Kept(product(batch, tokens, heads), INTO_HEADS),  # logsumexp of each row
    ]
    kept += _of_positions(step, heads, one, tokens)
    mask = step.operands.get("mask")
    if mask is not None:
        kept += [
            Kept(one, INTO_HEADS),  # queries without those that may look at nothing, and which those are
            Kept(product(*mask.shape[:-1]), INTO_HEADS, itemsize=1),
            Kept(product(*mask.shape), INTO_HEADS),  # the mask as numbers that are added
            Kept(one, ("proj.weight",)),  # what is attended to, token by token
        ]
    return kept


def _of_positions(step: Step, heads: int, one: Product, tokens: Dim) -> list[Kept]:
    """What is kept beside, where places turn tokens, or say what is seen."""
    kept = []
    if step.param("positions", "none") == "rotary":
        head = step.operands["proj.weight"].shape[1] // heads
        kept += [
            Kept(one * 2, INTO_HEADS),  # turned queries and keys
            Kept(product(2, tokens, head), INTO_HEADS),  # cosines and sines of both
            Kept(one, ("proj.weight",)),
        ]
    if step.param("positions", "none") == "alibi":
        kept += [Kept(product(heads, tokens, tokens), INTO_HEADS)]
    elif step.param("causal") or step.param("window") is not None:
        kept += [Kept(product(tokens, tokens), INTO_HEADS)]
    return kept


def _mapped(step: Step, heads: int, width: Dim) -> list[Kept]:
    batch, tokens, _ = step.operands["x"].shape
    one = product(batch, tokens, width)
    kept = [
        Kept(one * 2, INTO_HEADS),  # copies of queries and keys, head by head
        Kept(">attn", INTO_HEADS),
    ]
    if "y" in step.outputs:
        kept += [Kept(one, INTO_HEADS), Kept(one, ("proj.weight",))]
        kept += dropped(step.param("attn_drop"), product(batch, heads, tokens, tokens))
    return kept


def unreached(step: Step, output: str) -> Collection[str]:
    """The map is made of queries and keys; v_bias gets zeros, for the biases are added as one tensor."""
    return {"proj.weight", "proj.bias"} if output == "attn" else ()


RULES = {"Attention": Rule(attention, unreached)}
