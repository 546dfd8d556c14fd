"""Every mistake that a spec can hold: one constructor each, beside its code and what explains it.

GET1xx files and syntax, GET2xx names and arguments, GET3xx types and shapes, GET4xx sections,
GET5xx directives on weights (`loads`, `weights`, `adapters`, `gradients`), GET6xx data.
"""

from getdsl.diagnostics.mistakes import (
    adapters,
    calls,
    data,
    files,
    gradients,
    loads,
    names,
    operands,
    sections,
    shapes,
    syntax,
    terms,
    values,
    weights,
)

__all__ = [
    "adapters",
    "calls",
    "data",
    "files",
    "gradients",
    "loads",
    "names",
    "operands",
    "sections",
    "shapes",
    "syntax",
    "terms",
    "values",
    "weights",
]
