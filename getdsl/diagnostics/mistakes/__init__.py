"""Every mistake that a spec can hold: one constructor each, beside its code and what explains it.

GET1xx files and syntax, GET2xx names and arguments, GET3xx types and shapes, GET4xx sections and terms,
GET5xx directives on weights, GET6xx data. A module is imported when it is first needed.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from getdsl.diagnostics.mistakes import data, files, names, sections, shapes, terms, weights

__all__ = ["data", "files", "names", "sections", "shapes", "terms", "weights"]


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"no mistakes are called `{name}`")
    return import_module(f"{__name__}.{name}")
