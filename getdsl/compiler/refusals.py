"""What a checked spec may still not do: run Python that nobody trusted, or use what is not built."""

from __future__ import annotations

from getdsl.compiler.check import NOT_BUILT
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import Diagnostic, Label, SpecError, UserError


def refuse_untrusted(spec: Spec, trust: bool) -> None:
    """Raises UserError where the spec names Python outside the library and is not trusted."""
    if spec.untrusted and not trust:
        names = ", ".join(f"`{name}`" for name in spec.untrusted)
        raise UserError(
            f"{spec.path or 'the spec'} names Python code outside the library: {names}",
            "read that code, then run again with `--trust` (in Python: `trust=True`)",
        )


def refuse_unbuilt(spec: Spec) -> None:
    """Raises SpecError where the spec uses a directive that this version does not carry out."""
    found = [*spec.loads, *(spec.settings[name] for name in NOT_BUILT if name in spec.settings)]
    if found:
        raise SpecError(
            Diagnostic(
                "GET501",
                f"`{item.name}` is not carried out by this version",
                Label(item.span),
                help="take it away to go on without it",
            )
            for item in found
        )
