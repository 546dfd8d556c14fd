"""Which tensors a pattern of a directive covers.

A name covers itself and everything below it. In a glob `*` stands for any characters, dots among
them, and `?` for one: `"*.bias"` is every bias, `"encoder.*.norm1"` each block's first norm.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

WILD = {"*": ".*", "?": "."}


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    body = "".join(WILD.get(char, re.escape(char)) for char in re.sub(r"\*+", "*", pattern))
    return re.compile(rf"{body}(?:\..*)?", re.DOTALL)


def is_glob(pattern: str) -> bool:
    return any(char in pattern for char in WILD)


def covers(pattern: str, name: str) -> bool:
    if not is_glob(pattern):
        return name == pattern or (name.startswith(pattern) and name[len(pattern)] == ".")
    return _expression(pattern).fullmatch(name) is not None


def any_covers(patterns: Iterable[str], name: str) -> bool:
    return any(covers(pattern, name) for pattern in patterns)


def first_covering(table: Iterable[str], name: str) -> str | None:
    """The first pattern of a table that covers a name."""
    return next((pattern for pattern in table if covers(pattern, name)), None)
