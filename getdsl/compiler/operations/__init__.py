"""The shape rule of each tensor operation; what it computes stands in `compiler.lower.operations`."""

from getdsl.compiler.operations import combining, elementwise, reductions, shaping
from getdsl.compiler.operations.registry import OPERATIONS, Operation, ShapeError

__all__ = ["OPERATIONS", "Operation", "ShapeError", "combining", "elementwise", "reductions", "shaping"]
