"""Pairs the families of a file with those of a model, by names, by shapes and by order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise

from getdsl.compiler.plan.suggest.families import Family, Shape, Signature, Steps, Unit, families
from getdsl.compiler.plan.suggest.likeness import (
    clearly_most,
    counted_alike,
    last_alike,
    letters,
    named_alike,
    paired_parents,
    trailing,
)
from getdsl.compiler.plan.suggest.suggestion import Evidence


class Alignment:
    """Pairs families of the file with families of the model."""

    def __init__(
        self,
        theirs: list[Family],
        ours: list[Family],
        settled: Mapping[str, str],
        keys: Mapping[str, Shape],
        names: Mapping[str, Shape],
    ) -> None:
        self.theirs = theirs
        self.ours = ours
        self.found: dict[Family, Family] = {}
        self.evidence: dict[Family, Evidence] = {}
        self.votes: Counter[tuple[Steps, Steps]] = Counter()
        key_order = {key: position for position, key in enumerate(keys)}
        name_order = {name: position for position, name in enumerate(names)}
        self.whole = [_members(families(side, side)) for side in (keys, names)]
        self.order = [(key_order[key], name_order[name]) for key, name in settled.items()]

    def run(self) -> None:
        while self._by_name() or self._alone() or self._by_order():
            pass
        self._one_by_one()

    @property
    def open_theirs(self) -> list[Family]:
        return [family for family in self.theirs if family not in self.found]

    @property
    def open_ours(self) -> list[Family]:
        taken = set(self.found.values())
        return [family for family in self.ours if family not in taken]

    def _open(self) -> list[tuple[list[Family], list[Family]]]:
        """The open families of each signature that both sides have."""
        theirs, ours = _by_signature(self.open_theirs), _by_signature(self.open_ours)
        return [(group, ours[signature]) for signature, group in theirs.items() if signature in ours]

    def _pair(self, theirs: Family, ours: Family, evidence: Evidence) -> None:
        self.found[theirs] = ours
        self.evidence[theirs] = evidence
        self.order.append((theirs.position, ours.position))
        for cut in range(trailing(theirs.steps, ours.steps) + 1):
            self.votes[theirs.steps[: len(theirs.steps) - cut], ours.steps[: len(ours.steps) - cut]] += 1

    def _by_name(self) -> bool:
        """Pairs those that are each other's best by a clear margin, one of each signature."""
        made = [self._pair_in(group, others) for group, others in self._open()]
        return any(made)

    def _pair_in(self, group: list[Family], others: list[Family]) -> bool:
        counted = counted_alike(group, others)
        for theirs in group:
            best = clearly_most([self.likeness(theirs, each, counted=counted) for each in others])
            ours = others[best] if best is not None else None
            if ours is None:
                continue
            back = clearly_most([self.likeness(each, ours, counted=counted) for each in group])
            if back is not None and group[back] is theirs:
                told = named_alike(theirs, ours) or last_alike(theirs, ours, counted=counted) > 0
                self._pair(theirs, ours, "names" if told else "shape")
                return True
        return False

    def likeness(self, theirs: Family, ours: Family, *, counted: bool) -> float:
        """How alike two paths are: equal last steps count most, then paired parents, then letters."""
        equal = trailing(theirs.steps, ours.steps)
        parents = paired_parents(self.votes, theirs.steps, ours.steps)
        around = letters(".".join(theirs.steps[:-1]), ".".join(ours.steps[:-1]))
        return equal + parents + last_alike(theirs, ours, counted=counted) + 0.5 * around

    def _alone(self) -> bool:
        for group, others in self._open():
            if len(group) == len(others) == 1:
                self._pair(group[0], others[0], "names" if named_alike(group[0], others[0]) else "shape")
                return True
        return False

    def _by_order(self) -> bool:
        """Pairs families of one signature, as many here as there, in the order in which they stand."""
        if len(self.order) < 3 or not _rising(self.order):
            return False
        for group, others in self._open():
            if len(group) == len(others):
                in_order = [sorted(side, key=lambda each: each.position) for side in (group, others)]
                pairs = list(zip(*in_order, strict=True))
                if _rising([*self.order, *((a.position, b.position) for a, b in pairs)]):
                    for theirs, ours in pairs:
                        self._pair(theirs, ours, "order")
                    return True
        return False

    def _one_by_one(self) -> None:
        """Single modules that are alone with their counterpart although their families differ.

        A numbered one must be the only one of its kind on the whole of both sides: the last of twelve
        equal blocks is not the first of them because the other eleven have found their names.
        """
        theirs, ours = _members(self.open_theirs), _members(self.open_ours)
        kinds = [Counter(map(_kind, side)) for side in (theirs, ours, *self.whole)]
        by_kind = {_kind(one): one for one in ours}
        for one in theirs:
            other = by_kind.get(_kind(one), one)
            asked = kinds if _is_numbered(one) or _is_numbered(other) else kinds[:2]
            if all(counts[_kind(one)] == 1 for counts in asked):
                self.found[one] = other
                self.evidence[one] = "names" if named_alike(one, other) else "shape"

    # -- results

    def pairs(self) -> dict[str, str]:
        """The keys of paired families with their names."""
        found: dict[str, str] = {}
        for theirs, ours in self.found.items():
            found.update(zip(theirs.keys, ours.keys, strict=True))
        return found

    def evidence_of(self, keys: Iterable[str]) -> Evidence:
        """The weakest evidence that the names of some keys rest on; `names` where some name speaks."""
        touched = set(keys)
        kinds = {self.evidence[family] for family in self.found if touched.intersection(family.keys)}
        return "names" if "names" in kinds or not kinds else min(kinds)


def _by_signature(families: Iterable[Family]) -> dict[Signature, list[Family]]:
    found: dict[Signature, list[Family]] = {}
    for family in families:
        found.setdefault(family.signature, []).append(family)
    return found


def _members(families: Iterable[Family]) -> list[Family]:
    return [one for family in families for one in family.members]


def _kind(one: Family) -> Unit:
    return one.signature[0][1]


def _is_numbered(one: Family) -> bool:
    return any(step.isdigit() for step in one.steps)


def _rising(order: list[tuple[int, int]]) -> bool:
    positions = [ours for _, ours in sorted(order)]
    return all(a < b for a, b in pairwise(positions))
