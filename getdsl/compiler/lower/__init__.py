"""Checked graph to `torch.fx` GraphModules: the only part of the compiler that imports torch."""

from getdsl.compiler.lower.build import lower
from getdsl.compiler.lower.compiled import Compiled, build
from getdsl.compiler.lower.inputs import InputError

__all__ = ["Compiled", "InputError", "build", "lower"]
