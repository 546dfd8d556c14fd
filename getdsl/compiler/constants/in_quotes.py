"""Numbers, `true` and `false` that were written in quotes."""

from __future__ import annotations

import re

NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?")
TRUTHS = {"true": True, "false": False}


def in_quotes(text: str) -> int | float | bool | None:
    """What a text would be without its quotes; None where it would be no constant."""
    if text in TRUTHS:
        return TRUTHS[text]
    found = NUMBER.fullmatch(text)
    if found is None:
        return None
    return float(text) if any(found.groups()) else int(text)
