"""A document in the one layout of `getdsl fmt`."""

from __future__ import annotations

from getdsl.diagnostics import SpecError
from getdsl.formatter import formatted


def laid_out(text: str) -> str | None:
    """The text in the one layout; None where that changes nothing, or where the text does not parse."""
    try:
        after = formatted(text)
    except SpecError:
        return None
    return after if after != text else None
