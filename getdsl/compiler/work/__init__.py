"""The words in which operations and blocks say what they cost: a step, its work, and what is kept of it."""

from getdsl.compiler.work.products import Product, product
from getdsl.compiler.work.step import Step, UnknownSizeError, Value
from getdsl.compiler.work.work import NOTHING, Kept, Layout, Rule, Work

__all__ = [
    "NOTHING",
    "Kept",
    "Layout",
    "Product",
    "Rule",
    "Step",
    "UnknownSizeError",
    "Value",
    "Work",
    "product",
]
