"""Checked graph to `torch.fx` GraphModules: the only part of the compiler that imports torch."""

from getdsl.compiler.lower.build import lower
from getdsl.compiler.lower.compiled import Compiled, InputError, build

__all__ = ["Compiled", "InputError", "build", "lower"]
