"""What was probably meant by a word that nothing is called."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from getdsl.diagnostics.fixes import Help, renamed
from getdsl.diagnostics.spellings import EFFORT, spellings_of
from getdsl.text.source import Span

LONGEST = 60  # letters of a word that somebody typed; likeness takes time by their square


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant, or None where nothing is near, or the word is very long."""
    return _nearest(word, frozenset(known))


def _nearest(word: str, known: frozenset[str], but: str | None = None) -> str | None:
    """The known word that was probably meant, if it was not `but`."""
    if len(word) > LONGEST:
        return None
    near = spellings_of(known).nearest(word, EFFORT, but)
    return near if near is not None and _is_slip(word, near) else None


def _is_slip(word: str, meant: str) -> bool:
    """Whether a word is another one mistyped, cut short or drawn out, and not the name of something else."""
    one, other = (name.replace("_", "").lower() for name in (word, meant))
    short, long = sorted((one, other), key=len)
    if len(short) > 2 and (long.startswith(short) or long.endswith(short)):
        return True
    return _edits(one, other, swap=0) <= max(1, len(long) // 4)


@lru_cache(maxsize=1024)  # a word and what is near it are compared several times
def _edits(one: str, other: str, swap: int = 1) -> int:
    """Letters that are put in, left out, changed, or swapped with the next, from one word to the other.

    `swap` is what the last counts: it is a slip of the fingers, and makes no other word.
    """
    before, row = [0], list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, above, row = row, before, [i]
        for j, found in enumerate(other, 1):
            best = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != found))
            if i > 1 and j > 1 and letter == other[j - 2] and found == one[i - 2]:
                best = min(best, above[j - 2] + swap)
            row.append(best)
    return row[-1]


def _is_meant(word: str, near: str, known: frozenset[str]) -> bool:
    """Whether the nearest word is nearer than any other."""
    other = _nearest(word, known, but=near)
    return other is None or _distance(word, near) < _distance(word, other)


def _distance(word: str, other: str) -> tuple[int, int]:
    return _edits(word.lower(), other.lower()), _edits(word, other)


def meant(word: str, place: Span | None, known: Iterable[str]) -> Help | None:
    """The nearest known word, put in the place of this one where no other is as near; or None."""
    names = frozenset(known)
    near = _nearest(word, names)
    if near is None:
        return None
    text = _did_you_mean(near)
    if place is None or not _is_meant(word, near, names):
        return Help(text)
    return renamed(text, place, word, near)


def meant_or_list(word: str, place: Span | None, known: Iterable[str], what: str) -> Help:
    """Like `meant`, falling back on the list of what is there."""
    names = frozenset(known)
    return meant(word, place, names) or Help(_listed(sorted(names), what))


def _did_you_mean(near: str) -> str:
    return f"did you mean `{near}`?"


def suggestion(word: str, known: Iterable[str]) -> str | None:
    """A line of help that names the nearest known word, or None where nothing is near."""
    near = nearest(word, known)
    return _did_you_mean(near) if near is not None else None


def suggestion_or_list(word: str, known: Iterable[str], what: str) -> str:
    """Like `suggestion`, falling back on the list of what is there."""
    names = frozenset(known)
    found = suggestion(word, names)
    return found if found is not None else _listed(sorted(names), what)


def _listed(names: list[str], what: str) -> str:
    if not names:
        return f"{what}: none"
    shown = ", ".join(f"`{name}`" for name in names[:12])
    return f"{what}: {shown}" + (f" and {len(names) - 12} more" if len(names) > 12 else "")
