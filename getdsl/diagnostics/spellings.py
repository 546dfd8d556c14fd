"""Which of many names is most like a word, without a comparison with each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache

CUTOFF = 0.6  # of likeness, below which nothing is near
PAIRS = 3_000_000  # of letters that are compared in one check, half a second


@dataclass
class Effort:
    """How many pairs of letters may still be compared."""

    left: int = PAIRS

    def spend(self, pairs: int) -> bool:
        """Whether there is still so much."""
        self.left -= pairs
        return self.left >= 0


EFFORT = Effort()  # of the check that runs, which makes it anew


def renew_effort() -> None:
    EFFORT.left = PAIRS


class Spellings:
    """Known names. What is nearest to a word is what difflib finds, the last in order of several.

    Two words are at most as alike as they would be with the letters of one in the other's order. So names
    are compared that share the most letters first, and none that shares too few. A set of names is the bits
    of an integer, the last name's first: the letters of a word are counted in all names at once.
    """

    def __init__(self, names: frozenset[str]) -> None:
        self.names = sorted(names, reverse=True)
        self.by_lower = {name.lower(): name for name in self.names}
        self.by_length = {
            length: self._where(lambda name, length=length: len(name) == length)  # type: ignore[misc]
            for length in set(map(len, names))
        }
        self.with_letter: dict[tuple[str, int], int] = {}
        self.most_alike: dict[tuple[str, str | None], str | None] = {}  # a loop asks as often as it turns

    def nearest(self, word: str, effort: Effort | None = None, but: str | None = None) -> str | None:
        """The name that differs in capitals only, or else the one most like the word; never `but`.

        Where the effort is spent, it is the best of what was compared.
        """
        same = self.by_lower.get(word.lower())
        if same and same != but:
            return same
        effort = effort or Effort()
        if (word, but) not in self.most_alike:
            found = self._most_alike(word, effort, but)
            if effort.left < 0:
                return found
            self.most_alike[word, but] = found
        return self.most_alike[word, but]

    def _most_alike(self, word: str, effort: Effort, but: str | None) -> str | None:
        if not effort.spend(len(word) ** 2):
            return None
        matcher = SequenceMatcher(b=word)
        best = (CUTOFF, "")
        for bound, names in self._by_bound(word):
            if bound < best[0]:
                break
            for name in self._in(names):
                if name == but:
                    continue
                if (bound, name) <= best or not effort.spend(len(word) * len(name)):
                    break
                matcher.set_seq1(name)
                best = max(best, (matcher.ratio(), name))
        return best[1] or None

    def _by_bound(self, word: str) -> list[tuple[float, int]]:
        """What likeness is at most possible, the largest first, and the names for which that holds."""
        sharing = self._sharing(word)
        groups = []
        for shared in range(1, len(word) + 1):
            exactly = sharing[shared] ^ sharing[shared + 1]
            for length in self.by_length if exactly else ():
                bound = 2.0 * shared / (length + len(word))
                if bound >= CUTOFF and (names := exactly & self.by_length[length]):
                    groups.append((bound, names))
        return sorted(groups, reverse=True)

    def _sharing(self, word: str) -> list[int]:
        """The names that share at least as many letters with the word as the place in the list says."""
        sharing = [(1 << len(self.names)) - 1] + [0] * (len(word) + 1)
        for place, letter in enumerate(word):
            having = self._having(letter, word.count(letter, 0, place + 1))
            for shared in range(place + 1, 0, -1):
                sharing[shared] |= sharing[shared - 1] & having
        return sharing

    def _having(self, letter: str, count: int) -> int:
        """The names that have a letter at least so often."""
        if (letter, count) not in self.with_letter:
            self.with_letter[letter, count] = self._where(lambda name: name.count(letter) >= count)
        return self.with_letter[letter, count]

    def _where(self, holds: Callable[[str], bool]) -> int:
        return int("0" + "".join("1" if holds(name) else "0" for name in reversed(self.names)), 2)

    def _in(self, names: int) -> Iterator[str]:
        """From the last in order on."""
        while names:
            yield self.names[(names & -names).bit_length() - 1]
            names &= names - 1


@lru_cache(maxsize=64)  # sets of names that are looked at for one mistake after another
def spellings_of(names: frozenset[str]) -> Spellings:
    return Spellings(names)
