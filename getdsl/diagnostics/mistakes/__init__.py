"""Every mistake that a spec can hold: one constructor each, beside its code and what explains it.

GET1xx files and syntax, GET2xx names and arguments, GET3xx types and shapes, GET4xx sections,
GET5xx directives on weights, GET6xx data.
"""

from getdsl.diagnostics.mistakes import data, files, names, sections, shapes, syntax, weights

__all__ = ["data", "files", "names", "sections", "shapes", "syntax", "weights"]
