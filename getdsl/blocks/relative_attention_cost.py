"""What a step of `relative_attention.get` costs."""

from getdsl.blocks.cost_formulas import dropped
from getdsl.compiler.work import Kept, Rule, Step, Work, product


def relative_attention(step: Step) -> Work:
    """Its scores have a bias of their own that is trained, so they are kept, not computed again."""
    batch, tokens, dim = step.operands["x"].shape
    keys, values = step.operands["to_k.weight"].shape[0], step.operands["to_v.weight"].shape[0]
    heads, features = step.number("heads", 8), step.operands["to_rel_k.weight"].shape[1]
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
        *dropped(step.param("dropout"), product(2, batch, heads, tokens, tokens)),  # the map again
        *dropped(step.param("pos_dropout"), product(distances, features)),
    )
    forward = (to_keys * 2, to_values * 2, to_distances, by_distance, by_key, weighed)
    return Work(forward, backward, kept)


RULES = {"RelativeAttention": Rule(relative_attention)}
