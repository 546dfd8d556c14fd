"""The table of tensor operations; what each computes stands in `compiler.lower.operations`."""

from getdsl.compiler.operations import (
    activations,
    combining,
    contracting,
    drawing,
    elementwise,
    indexing,
    ordering,
    patterned,
    placing,
    reading,
    reductions,
    shaping,
    sliding,
    spectra,
)
from getdsl.compiler.operations.operand import Operand, ShapeError
from getdsl.compiler.operations.registry import OPERATIONS, Operation

__all__ = [
    "OPERATIONS",
    "Operand",
    "Operation",
    "ShapeError",
    "activations",
    "combining",
    "contracting",
    "drawing",
    "elementwise",
    "indexing",
    "ordering",
    "patterned",
    "placing",
    "reading",
    "reductions",
    "shaping",
    "sliding",
    "spectra",
]
