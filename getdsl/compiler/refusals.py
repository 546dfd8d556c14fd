"""What a checked spec may still not do: run Python that nobody trusted."""

from __future__ import annotations

from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError


def refuse_untrusted(spec: Spec, trust: bool) -> None:
    """Raises UserError where the spec names Python outside the library and is not trusted."""
    if spec.untrusted and not trust:
        names = ", ".join(f"`{name}`" for name in spec.untrusted)
        raise UserError(
            f"{spec.path or 'the spec'} names Python code outside the library: {names}",
            "read that code, then run again with `--trust` (in Python: `trust=True`)",
        )
