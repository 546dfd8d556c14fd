"""The table of tensor operations; what each computes stands in `compiler.lower.operations`."""

from getdsl.compiler.operations import combining, elementwise, indexing, reductions, shaping
from getdsl.compiler.operations.operand import Operand, ShapeError
from getdsl.compiler.operations.registry import OPERATIONS, Operation

__all__ = [
    "OPERATIONS",
    "Operand",
    "Operation",
    "ShapeError",
    "combining",
    "elementwise",
    "indexing",
    "reductions",
    "shaping",
]
