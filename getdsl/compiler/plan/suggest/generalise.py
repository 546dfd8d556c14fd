"""Few and general `rename` rules that give known keys their known names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from getdsl.compiler.directives.rename_rules import expression


@dataclass(frozen=True)
class Proposal:
    """A rule, and the keys of the file that it gives their names."""

    old: str
    new: str
    keys: frozenset[str]

    @property
    def sides(self) -> tuple[str, str]:
        return self.old, self.new


def shortest_rules(pairs: Mapping[str, str], keys: Collection[str]) -> list[Proposal]:
    """Rules by which every key of `pairs` becomes its name, and no two of `keys` become one.

    Each rule is right for every key of `pairs` that it touches, so that their order does not matter.
    """
    candidates = list(_sound(pairs, keys))
    waiting = {key for key, name in pairs.items() if key != name}
    chosen: list[Proposal] = []
    while useful := [item for item in candidates if item.keys & waiting]:
        chosen.append(_best(useful, waiting))
        waiting -= chosen[-1].keys
    return chosen


def _sound(pairs: Mapping[str, str], keys: Collection[str]) -> Iterator[Proposal]:
    """The rules that are right for all pairs that they touch and keep all keys apart."""
    names = {*pairs.values(), *(key for key in keys if key not in pairs)}
    for sides in _candidates(pairs):
        item = _covered(*sides, pairs)
        if item is not None and _apart(item, keys, pairs, names):
            yield item


def _best(items: Iterable[Proposal], waiting: set[str]) -> Proposal:
    """The rule for most of the waiting keys, the shorter of equals."""
    return min(items, key=lambda item: (-len(item.keys & waiting), len(item.old), item.old))


def _candidates(pairs: Mapping[str, str]) -> list[tuple[str, str]]:
    found: dict[tuple[str, str], None] = {}
    for key, name in pairs.items():
        if key != name:
            found.update(dict.fromkeys(_sides(key.split("."), name.split("."))))
    return list(found)


def _sides(key: list[str], name: list[str]) -> Iterator[tuple[str, str]]:
    """The rules that turn one key into its name, by how many equal last steps they leave alone."""
    for left in range(min(_equal_ends(key, name), len(key) - 1), -1, -1):
        old, new = key[: len(key) - left], name[: len(name) - left]
        end = "." if left else ""
        numbers = _numbers(old)
        if numbers and numbers == _numbers(new):
            old, new = _starred(old), _starred(new)
        yield _rule(old, end), _rule(new, end)


def _equal_ends(key: list[str], name: list[str]) -> int:
    equal = 0
    while equal < min(len(key), len(name)) and key[-1 - equal] == name[-1 - equal]:
        equal += 1
    return equal


def _numbers(steps: list[str]) -> list[str]:
    return [step for step in steps if step.isdigit()]


def _rule(steps: list[str], end: str) -> str:
    return ".".join(steps) + (end if steps else "")


def _starred(steps: list[str]) -> list[str]:
    return ["*" if step.isdigit() else step for step in steps]


def _covered(old: str, new: str, pairs: Mapping[str, str]) -> Proposal | None:
    """The keys that a rule touches; None where it gives one of them a wrong name."""
    touched = set()
    for key, name in pairs.items():
        renamed = applied(old, new, key)
        if renamed is not None:
            if renamed != name:
                return None
            touched.add(key)
    return Proposal(old, new, frozenset(touched))


def applied(old: str, new: str, key: str) -> str | None:
    found = expression(old).match(key)
    if found is None:
        return None
    first, *rest = new.split("*")
    steps = [step + text for step, text in zip(found.groups(), rest, strict=True)]
    return first + "".join(steps) + key[found.end() :]


def _apart(item: Proposal, keys: Iterable[str], pairs: Mapping[str, str], names: set[str]) -> bool:
    """Whether keys that no pair speaks of do not land on a name that another key has."""
    for key in keys:
        if key not in pairs:
            renamed = applied(item.old, item.new, key)
            if renamed is not None and renamed in names:
                return False
    return True
