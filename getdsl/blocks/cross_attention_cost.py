"""What a step of `cross_attention.get` costs."""

from getdsl.blocks.cost_formulas import dropped
from getdsl.compiler.work import Kept, Rule, Step, Work, product


def cross_attention(step: Step) -> Work:
    *lead, tokens, dim = step.operands["x"].shape
    seen, context = step.operands["context"].shape[-2:]
    width, heads = step.operands["to_q.weight"].shape[0], step.number("heads", 8)
    to_q, to_kv = product(2, *lead, tokens, dim, width), product(4, *lead, seen, context, width)
    scores = product(2, *lead, tokens, seen, width)
    into = ("x", "context", "to_q.weight", "to_kv.weight")
    backward = (
        (("x",), to_q),
        (("context",), to_kv),
        (("to_q.weight",), to_q),
        (("to_kv.weight",), to_kv),
        (into, scores * 5),
        (into, to_q),
        (("to_out.weight",), to_q),
    )
    attended = product(*lead, tokens, width)
    kept = (
        Kept("x", ("to_q.weight",), copied=True),
        Kept("context", ("to_kv.weight",), copied=True),
        Kept(attended * 2, into),  # queries, and what they attend to
        Kept(product(2, *lead, seen, width), into),
        Kept(product(*lead, tokens, heads), into),
        *dropped(step.param("dropout"), product(*lead, heads, tokens, seen)),
    )
    return Work((to_q * 2, to_kv, scores * 2), backward, kept)


RULES = {"CrossAttention": Rule(cross_attention)}
