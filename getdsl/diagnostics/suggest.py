"""What was probably meant by a word that nothing is called."""

from __future__ import annotations

from collections.abc import Iterable

from getdsl.diagnostics.spellings import spellings_of


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None where nothing is near."""
    return spellings_of(frozenset(known)).nearest(word)


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """A line of help that names the nearest known word, or None where nothing is near."""
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near is not None else None


def suggestion_or_list(word: str, known: Iterable[str], what: str) -> str:
    """Like `suggestion`, falling back on the list of what is there."""
    names = frozenset(known)
    found = suggestion(word, names)
    return found if found is not None else _listed(sorted(names), what)


def _listed(names: list[str], what: str) -> str:
    if not names:
        return f"there are no {what} here"
    shown = ", ".join(f"`{name}`" for name in names[:12])
    return f"{what}: {shown}" + (f" and {len(names) - 12} more" if len(names) > 12 else "")
