"""What was probably meant by a word that nothing is called."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None where nothing is near."""
    names = sorted({name for name in known if name})
    same = [name for name in names if name.lower() == word.lower()]
    return next(iter(same or difflib.get_close_matches(word, names, n=1, cutoff=0.6)), None)


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """A line of help that names the nearest known word, or None where nothing is near."""
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near is not None else None


def suggestion_or_list(word: str, known: Iterable[str], what: str) -> str:
    """Like `suggestion`, falling back on the list of what is there."""
    names = sorted(set(known))
    found = suggestion(word, names)
    if found:
        return found
    if not names:
        return f"{what}: none"
    shown = ", ".join(f"`{name}`" for name in names[:12])
    return f"{what}: {shown}" + (f" and {len(names) - 12} more" if len(names) > 12 else "")
