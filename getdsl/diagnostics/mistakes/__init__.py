"""Every mistake that a spec can hold: one constructor each, beside its code and what explains it.

GET1xx files and syntax, GET2xx names and arguments, GET3xx types and shapes, GET4xx sections,
GET5xx directives on weights (`loads`, `weights`, `adapters`, `gradients`), GET6xx data.

A file is imported when it is first asked for: most specs have few kinds of mistakes.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from getdsl.diagnostics.mistakes import (
        adapters,
        axis_patterns,
        buffers,
        calls,
        data,
        files,
        gradients,
        indices,
        loads,
        names,
        operands,
        optimizers,
        sections,
        shapes,
        syntax,
        terms,
        torch_modules,
        values,
        weights,
    )

__all__ = [
    "adapters",
    "axis_patterns",
    "buffers",
    "calls",
    "data",
    "files",
    "gradients",
    "indices",
    "loads",
    "names",
    "operands",
    "optimizers",
    "sections",
    "shapes",
    "syntax",
    "terms",
    "torch_modules",
    "values",
    "weights",
]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"there is no file of mistakes `{name}`")
    return import_module(f"{__name__}.{name}")
