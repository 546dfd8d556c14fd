"""What a step of `self_attention.get` costs."""

from getdsl.compiler.work import Kept, Rule, Step, Work, product


def self_attention(step: Step) -> Work:
    *lead, tokens, dim = step.operands["x"].shape
    heads = step.number("heads", 8)
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


RULES = {"SelfAttention": Rule(self_attention)}
