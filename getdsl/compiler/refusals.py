"""What a checked spec may still not do: run Python that nobody trusted."""

from __future__ import annotations

from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.trust import Trust, options_for


def refuse_untrusted(spec: Spec, trust: Trust) -> None:
    """Raises UserError where a file names Python outside the library and is not trusted."""
    refused = [code for code in spec.foreign_code if not trust.covers(code.file)]
    if not refused:
        return
    names = ", ".join(f"`{code.name}`" for code in refused)
    files = list(dict.fromkeys(code.file for code in refused if code.file is not None))
    if files:
        where = " and ".join(f"`{file}`" for file in files)
        python = ", ".join(f'"{file}"' for file in files)
        help = f"read that code, then add `{options_for(files)}` (in Python: `trust=[{python}]`)"
    else:
        where, help = "the spec", "read that code, then compile with `trust=True`"
    name = "name" if len(files) > 1 else "names"
    raise UserError(f"{where} {name} Python code outside the library: {names}", help)
