"""What a checked spec may still not do: run Python that nobody trusted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import joined
from getdsl.trust import Trust, options_for


def refuse_untrusted(spec: Spec, trust: Trust) -> None:
    """Raises UserError where a file names Python outside the library and is not trusted."""
    refused = [code for code in spec.foreign_code if not trust.covers(code.file)]
    if refused:
        names = joined(f"`{code.name}`" for code in refused)
        files = list(dict.fromkeys(code.file for code in refused if code.file is not None))
        name = "name" if len(files) > 1 else "names"
        message = f"{_listed(files)} {name} Python code outside the library: {names}"
        raise UserError(message, f"read that code, then {_how_to_trust(files)}")


def _listed(files: Sequence[Path]) -> str:
    return " and ".join(f"`{file}`" for file in files) or "the spec"


def _how_to_trust(files: Sequence[Path]) -> str:
    if not files:
        return "compile with `trust=True`"
    python = ", ".join(f'"{file}"' for file in files)
    return f"add `{options_for(files)}` (in Python: `trust=[{python}]`)"
