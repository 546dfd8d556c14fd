"""What a step of `embedding.get` costs."""

from getdsl.compiler.work import Kept, Rule, Work

RULES = {"Embedding": Rule(lambda step: Work(kept=(Kept("x", ("weight",), itemsize=8),)))}
