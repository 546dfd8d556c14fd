"""Regular expressions of others' files: those that could search without end are refused."""

from __future__ import annotations

import re
from typing import Any

LONGEST = 1_000  # characters
MOST_WAYS = 50_000  # to match one name
NAME = 200  # characters of a name that an open end may take


def refuse_slow(setting: str, pattern: str) -> None:
    """Raises ValueError where a setting's pattern is no expression, or one that may take too long to match.

    Python tries every way in which the repeats and choices of an expression can share a name out. Their
    number is bounded by the product over all of them, which is small for expressions that name layers.
    """
    shown = pattern if len(pattern) <= 80 else f"{pattern[:80]}…"
    if len(pattern) > LONGEST:
        raise ValueError(f"its `{setting}` has `{shown}`, an expression of more than {LONGEST} characters")
    try:
        re.compile(pattern)
        ways = _ways(re._parser.parse(pattern))  # what `re` itself compiles
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"its `{setting}` has `{shown}`, which is no regular expression") from error
    if ways > MOST_WAYS:
        raise ValueError(
            f"its `{setting}` has `{shown}`, an expression that could take without end to match: write it "
            "with fewer repeats, and none inside another"
        )


def _ways(item: Any) -> int:
    """In how many ways a parsed expression can match a name, at most; counted up to MOST_WAYS."""
    found = 1
    for operation, argument in item:
        found = min(found * _ways_of(str(operation), argument), MOST_WAYS + 1)
    return found


def _ways_of(operation: str, argument: Any) -> int:
    match operation:
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, body = argument
            most, once = min(most, NAME), _ways(body)
            inside = once ** min(most, 20) if once > 1 else 1
            return int((max(most - least, 0) + 1) * inside)
        case "BRANCH":
            return sum(map(_ways, argument[1]))
        case "SUBPATTERN":
            return _ways(argument[-1])
        case "ATOMIC_GROUP":
            return _ways(argument)
        case "ASSERT" | "ASSERT_NOT":
            return _ways(argument[1])
        case "GROUPREF_EXISTS":
            return sum(_ways(part) for part in argument[1:] if part)
    return 1
