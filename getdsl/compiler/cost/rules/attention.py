"""Attention: the products that make queries, keys and values, the scores, and what they weigh.

As in torch.utils.flop_counter, the backward pass of fused attention makes five products where the forward has
two, for it computes the scores again; where the map itself is returned it is kept instead.
"""

from __future__ import annotations

from getdsl.compiler.cost.products import product
from getdsl.compiler.cost.rules.layers import dropped
from getdsl.compiler.cost.work import Kept, Work, rule
from getdsl.compiler.graph.dimensions import Dim
from getdsl.compiler.trace import Step

INTO_HEADS = ("x", "qkv.weight", "q_bias", "v_bias")
PROJ = (*INTO_HEADS, "proj.weight")


@rule("Attention")
def attention(step: Step) -> Work:
    batch, tokens, dim = step.operands["x"].shape
    heads, width = step.params.get("num_heads", 8), step.operands["proj.weight"].shape[1]
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
        kept += dropped(step.params.get("proj_drop"), product(batch, tokens, dim))
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
    mask = step.operands.get("mask")
    if mask is not None:
        kept += [
            Kept(one, INTO_HEADS),  # queries without those that may look at nothing, and which those are
            Kept(product(*mask.shape[:-1]), INTO_HEADS, itemsize=1),
            Kept(product(*mask.shape), INTO_HEADS),  # the mask as numbers that are added
            Kept(one, ("proj.weight",)),  # what is attended to, token by token
        ]
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
        kept += dropped(step.params.get("attn_drop"), product(batch, heads, tokens, tokens))
    return kept


@rule("SelfAttention")
def self_attention(step: Step) -> Work:
    *lead, tokens, dim = step.operands["x"].shape
    heads = step.params.get("heads", 8)
    line = product(*lead, tokens, dim)
    square = product(2, *lead, tokens, dim, dim)
    scores = product(2, *lead, tokens, tokens, dim)
    into = ("x", "to_q.weight", "to_kv.weight")
    backward = (
        (("x",), square * 3),
        (("to_q.weight",), square),
        (("to_kv.weight",), square * 2),
        (into, scores * 5),
        (into, square),
        (("to_out.weight",), square),
    )
    kept = (
        Kept("x", ("to_q.weight", "to_kv.weight"), copied=True),
        Kept(line * 3, into),
        Kept(line, (*into, "to_out.weight")),
        Kept(product(*lead, tokens, heads), into),
    )
    return Work((square * 4, scores * 2), backward, kept)


@rule("RelativeAttention")
def relative_attention(step: Step) -> Work:
    """Its scores have a bias of their own that is trained, so they are kept, not computed again."""
    batch, tokens, dim = step.operands["x"].shape
    keys, values = step.operands["to_k.weight"].shape[0], step.operands["to_v.weight"].shape[0]
    heads, features = step.params.get("heads", 8), step.operands["to_rel_k.weight"].shape[1]
    distances = tokens * 2 - 1
    to_keys = product(2, batch, tokens, dim, keys)
    to_values = product(2, batch, tokens, dim, values)
    to_distances = product(2, distances, features, keys)
    by_distance = product(2, batch, tokens, distances, keys)
    by_key = product(2, batch, tokens, tokens, keys)
    weighed = product(2, batch, tokens, tokens, values)
    queries, looked_at = ("x", "to_q.weight", "rel_pos_bias"), ("x", "to_k.weight")
    scored = (*queries, "to_k.weight", "to_rel_k.weight", "rel_content_bias")
    backward = (
        (("x",), to_keys * 2),
        (("x",), to_values),
        (("to_q.weight",), to_keys),
        (("to_k.weight",), to_keys),
        (("to_v.weight",), to_values),
        (("to_rel_k.weight",), to_distances),
        (queries, by_distance),
        (("to_rel_k.weight",), by_distance),
        ((*queries, "rel_content_bias"), by_key),
        (looked_at, by_key),
        (scored, weighed),
        (("x", "to_v.weight"), weighed),
        ((*scored, "to_v.weight"), to_values),
        (("to_out.weight",), to_values),
    )
    query, value = product(batch, tokens, keys), product(batch, tokens, values)
    kept = (
        Kept("x", ("to_q.weight", "to_k.weight", "to_v.weight"), copied=True),
        Kept(product(distances, features), ("to_rel_k.weight",)),
        Kept(query * 3),  # queries with each bias, and keys
        Kept(value),
        Kept(product(batch, keys, distances), queries),
        Kept(product(batch, heads, tokens, tokens)),
        Kept(value, ("to_out.weight",)),
        *dropped(step.params.get("dropout"), product(2, batch, heads, tokens, tokens)),  # the map again
        *dropped(step.params.get("pos_dropout"), product(distances, features)),
    )
    forward = (to_keys * 2, to_values * 2, to_distances, by_distance, by_key, weighed)
    return Work(forward, backward, kept)
