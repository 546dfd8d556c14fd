"""getdsl: one `.get` file becomes a trained genomics model.

The stages of the command line are functions here, imported when they are first used:
`parse`, `check`, `plan`, `graph`, `compile`; of a text, `check_text`, `compile_text`, `format_text`.
`open` opens a trained run. `%load_ext getdsl` gives notebooks cells that hold a spec.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"
__all__ = [
    "Compiled",
    "SpecError",
    "check",
    "check_text",
    "compile",
    "compile_text",
    "format_text",
    "graph",
    "open",
    "parse",
    "plan",
]

if TYPE_CHECKING:
    from getdsl.api.compiling import compile, compile_text
    from getdsl.api.front import check, check_text, format_text, parse, plan
    from getdsl.compiler.lower.compiled import Compiled
    from getdsl.diagnostics import SpecError
    from getdsl.drawing.drawn import graph
    from getdsl.runs.opened.opened_run import open

_HOMES = {
    "Compiled": "getdsl.compiler.lower.compiled",
    "SpecError": "getdsl.diagnostics",
    "check": "getdsl.api.front",
    "check_text": "getdsl.api.front",
    "compile": "getdsl.api.compiling",
    "compile_text": "getdsl.api.compiling",
    "format_text": "getdsl.api.front",
    "graph": "getdsl.drawing.drawn",
    "load_ipython_extension": "getdsl.notebook.extension",
    "open": "getdsl.runs.opened.opened_run",
    "parse": "getdsl.api.front",
    "plan": "getdsl.api.front",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'getdsl' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
