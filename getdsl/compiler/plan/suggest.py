"""Finds the `rename` table of a file whose keys are not the model's names.

1. **Families.** Numbered steps become `*`: `blocks.0.norm1`, `blocks.1.norm1` … are one family
   `blocks.*.norm1`. What a family holds (for each number, its tensors' last names and shapes) is its
   signature, so a LayerNorm's weight is never taken for its bias, and twelve blocks match twelve.
2. **Alignment.** Only families of one signature can be the same. One that is alone with its
   counterpart is certain; among several, a pair is taken where each is the other's best by name (equal last
   steps first, then parents that are paired already, then likeness), by a clear margin. Ties are
   broken by order, and only where what is certain stands in the file as it does in the model. What is still
   open is ambiguous and not guessed: so are blocks of one shape under other numbers.
3. **Generalisation.** Every pair offers rules of each length, from one step up to its whole path.
   A rule counts if it gives every key that it touches its right name; of these the one that covers most is
   taken first, the shorter of equals. Such rules do not depend on their order.
4. **Proof.** The rules are run over the whole file as `rename` would: all keys must stay apart and all
   pairs arrive.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from getdsl.compiler.plan.generalise import Steps, applied, shortest_rules
from getdsl.compiler.plan.plan import Ambiguity, Evidence, Suggestion

Shape = tuple[int, ...]
Unit = tuple[tuple[str, Shape], ...]  # a module's own tensors
Signature = tuple[tuple[Steps, Unit], ...]  # a family's units by their numbers
MARGIN = 0.05  # by which a pair must beat the next best
LIKE = 0.5  # from here on, two names are alike


@dataclass(frozen=True)
class Family:
    """Modules of one path but for their numbers."""

    steps: Steps
    position: int  # of its first tensor in the file or in the model
    signature: Signature

    def __str__(self) -> str:
        return ".".join(self.steps) or "the top"

    @property
    def units(self) -> frozenset[Unit]:
        return frozenset(unit for _, unit in self.signature)


def suggest(keys: Mapping[str, Shape], names: Mapping[str, Shape], settled: Mapping[str, str]) -> Suggestion:
    """Rules for the keys of a file; `settled` are keys that have their names already."""
    taken = set(settled.values())
    open_keys = {key: shape for key, shape in keys.items() if key not in settled}
    open_names = {name: shape for name, shape in names.items() if name not in taken}
    found = _Alignment(families(open_keys, keys), families(open_names, names), settled, keys, names)
    found.run()
    pairs = {**settled, **found.pairs()}
    chosen = shortest_rules(pairs, keys)
    rules = tuple(rule.sides for rule in chosen)
    if len(pairs) == len(settled) or not proven(rules, pairs, keys):
        return Suggestion(ambiguous=found.ambiguities())
    weak = {rule.sides: found.evidence_of(rule.keys) for rule in chosen}
    return Suggestion(
        rules,
        {sides: evidence for sides, evidence in weak.items() if evidence != "names"},
        found.ambiguities(),
        len(pairs) - len(settled),
    )


def proven(rules: Iterable[tuple[str, str]], pairs: Mapping[str, str], keys: Iterable[str]) -> bool:
    """Whether the rules, as `rename` runs them, give all pairs their names and keep all keys apart."""
    renamed: dict[str, str] = {}
    for key in keys:
        results = (applied(old, new, key) for old, new in rules)
        name = next((result for result in results if result is not None), key)
        if name in renamed or pairs.get(key, name) != name:
            return False
        renamed[name] = key
    return True


def families(tensors: Mapping[str, Shape], order: Iterable[str]) -> list[Family]:
    """The families of some tensors, in order."""
    positions = {name: position for position, name in enumerate(order)}
    modules: dict[Steps, dict[str, Shape]] = {}
    for name, shape in tensors.items():
        *parent, leaf = name.split(".")
        modules.setdefault(tuple(parent), {})[leaf] = shape
    found: dict[Steps, list[tuple[Steps, Unit]]] = {}
    first: dict[Steps, int] = {}
    for parent_steps, unit in modules.items():
        steps = tuple("*" if step.isdigit() else step for step in parent_steps)
        numbers = tuple(step for step in parent_steps if step.isdigit())
        found.setdefault(steps, []).append((numbers, tuple(sorted(unit.items()))))
        position = min(positions[".".join((*parent_steps, leaf))] for leaf in unit)
        first[steps] = min(first.get(steps, position), position)
    return [Family(steps, first[steps], tuple(sorted(units))) for steps, units in found.items()]


class _Alignment:
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
        self.whole = [
            [one for family in families(side, side) for one in _members(family)] for side in (keys, names)
        ]
        self.order = [(key_order[key], name_order[name]) for key, name in settled.items()]

    def run(self) -> None:
        while self._by_name() or self._alone() or self._by_order():
            pass
        self._one_by_one()

    def _open(self) -> list[tuple[list[Family], list[Family]]]:
        """The open families of each signature that both sides have."""
        taken = set(self.found.values())
        theirs: dict[Signature, list[Family]] = {}
        ours: dict[Signature, list[Family]] = {}
        for family in self.theirs:
            if family not in self.found:
                theirs.setdefault(family.signature, []).append(family)
        for family in self.ours:
            if family not in taken:
                ours.setdefault(family.signature, []).append(family)
        return [(group, ours[signature]) for signature, group in theirs.items() if signature in ours]

    def _pair(self, theirs: Family, ours: Family, evidence: Evidence) -> None:
        self.found[theirs] = ours
        self.evidence[theirs] = evidence
        self.order.append((theirs.position, ours.position))
        for cut in range(_trailing(theirs.steps, ours.steps) + 1):
            self.votes[theirs.steps[: len(theirs.steps) - cut], ours.steps[: len(ours.steps) - cut]] += 1

    def _by_name(self) -> bool:
        """Pairs those that are each other's best by a clear margin."""
        made = False
        for group, others in self._open():
            for theirs in group:
                ours = self._best(theirs, others)
                if ours is None or self.likeness(theirs, ours) < LIKE:
                    continue
                back = {other: self.likeness(other, ours) for other in group}
                if all(
                    back[theirs] >= value + MARGIN for other, value in back.items() if other is not theirs
                ):
                    self._pair(theirs, ours, "names")
                    made = True
                    break
        return made

    def _best(self, theirs: Family, others: list[Family]) -> Family | None:
        ranked = sorted(others, key=lambda ours: -self.likeness(theirs, ours))
        if len(ranked) > 1 and self.likeness(theirs, ranked[0]) < self.likeness(theirs, ranked[1]) + MARGIN:
            return None
        return ranked[0]

    def likeness(self, theirs: Family, ours: Family) -> float:
        """How alike two paths are: equal last steps count most, then paired parents, then letters."""
        trailing = _trailing(theirs.steps, ours.steps)
        parents = _paired_parents(self.votes, theirs.steps, ours.steps)
        last = _letters("".join(theirs.steps[-1:]), "".join(ours.steps[-1:]))
        whole = _letters(".".join(theirs.steps), ".".join(ours.steps))
        return trailing + parents + last + 0.5 * whole

    def _alone(self) -> bool:
        for group, others in self._open():
            if len(group) == len(others) == 1:
                self._pair(group[0], others[0], "names" if _named(group[0], others[0]) else "shape")
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
        taken = set(self.found.values())
        theirs = [one for family in self.theirs if family not in self.found for one in _members(family)]
        ours = [one for family in self.ours if family not in taken for one in _members(family)]
        kinds = [Counter(_kind(one) for one in side) for side in (theirs, ours, *self.whole)]
        by_kind = {_kind(one): one for one in ours}
        for one in theirs:
            kind = _kind(one)
            numbered = any(step.isdigit() for other in (one, by_kind.get(kind, one)) for step in other.steps)
            if all(counts[kind] == 1 for counts in (kinds if numbered else kinds[:2])):
                self.found[one] = by_kind[kind]
                self.evidence[one] = "names" if _named(one, by_kind[kind]) else "shape"

    # -- results

    def pairs(self) -> dict[str, str]:
        """The keys of paired families with their names."""
        found: dict[str, str] = {}
        for theirs, ours in self.found.items():
            found.update(zip(_keys(theirs), _keys(ours), strict=True))
        return found

    def evidence_of(self, keys: Iterable[str]) -> Evidence:
        """The weakest evidence that the names of some keys rest on; `names` where some name speaks."""
        touched = set(keys)
        kinds = {self.evidence[family] for family in self.found if touched.intersection(_keys(family))}
        return "names" if "names" in kinds or not kinds else min(kinds)

    def ambiguities(self) -> tuple[Ambiguity, ...]:
        """Open families that could be one another; those of blocks under other numbers as their blocks."""
        ours = [family for family in self.ours if family not in self.found.values()]
        found: dict[tuple[str, ...], Ambiguity] = {}
        for theirs in self.theirs:
            fitting = [other for other in ours if theirs.units & other.units]
            if theirs in self.found or not fitting:
                continue
            renumbered = [other for other in fitting if other.signature != theirs.signature]
            if renumbered:
                one = _renumbered(theirs, renumbered)
            else:
                rivals = [family for family in self.theirs if family.signature == theirs.signature]
                keys = tuple(str(family) for family in rivals if family not in self.found)
                one = Ambiguity(keys, tuple(map(str, fitting)), "shapes are the same, and names do not tell")
            found.setdefault(one.keys, one)
        return tuple(found.values())


def _renumbered(theirs: Family, ours: list[Family]) -> Ambiguity:
    """Blocks of one shape that are more, fewer or numbered otherwise: which is which, nothing tells."""
    here, there = len(theirs.signature), len(ours[0].signature)
    why = f"{here} in the file and {there} in the model" if here != there else "their numbers differ"
    names = tuple(dict.fromkeys(_trunk(str(other)) for other in ours))
    return Ambiguity((_trunk(str(theirs)),), names, f"shapes are the same, and {why}")


def _members(family: Family) -> list[Family]:
    """Each module of a family by itself, its numbers written out."""
    if len(family.signature) == 1 and "*" not in family.steps:
        return [family]
    return [
        Family(tuple(_path(family.steps, numbers, "").split(".")[:-1]), family.position, (((), unit),))
        for numbers, unit in family.signature
    ]


def _kind(one: Family) -> Unit:
    return one.signature[0][1]


def _keys(family: Family) -> list[str]:
    """The family's tensors, in the same order for every family of its signature."""
    return [_path(family.steps, numbers, leaf) for numbers, unit in family.signature for leaf, _ in unit]


def _named(theirs: Family, ours: Family) -> bool:
    """Whether names speak for a pair that shapes leave no choice about."""
    leaves = {leaf for unit in theirs.units for leaf, _ in unit} - {"weight", "bias"}
    return bool(leaves) or _letters(".".join(theirs.steps), ".".join(ours.steps)) >= LIKE


def _letters(theirs: str, ours: str) -> float:
    return difflib.SequenceMatcher(None, theirs, ours).ratio()


def _path(steps: Steps, numbers: Steps, leaf: str) -> str:
    waiting = iter(numbers)
    return ".".join([*(next(waiting) if step == "*" else step for step in steps), leaf])


def _trunk(path: str) -> str:
    """A family's path up to its last `*`: what is said of one norm of the blocks is said of the blocks."""
    found = re.match(r".*\*", path)
    return found[0] if found else path


def _trailing(theirs: Steps, ours: Steps) -> int:
    """How many last steps are equal, numbers left out."""
    count = 0
    while count < min(len(theirs), len(ours)) and theirs[-1 - count] == ours[-1 - count]:
        count += 1
    return count


def _paired_parents(votes: Mapping[tuple[Steps, Steps], int], theirs: Steps, ours: Steps) -> int:
    """The depth of the deepest parents that are paired already."""
    depths = [i for i in range(1, len(theirs)) for j in range(len(ours)) if votes.get((theirs[:i], ours[:j]))]
    return max(depths, default=0)


def _rising(order: list[tuple[int, int]]) -> bool:
    positions = [ours for _, ours in sorted(order)]
    return all(a < b for a, b in pairwise(positions))
