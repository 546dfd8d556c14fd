"""From a file's keys and a model's names to a `rename` table, proven."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from getdsl.compiler.plan.suggest.alignment import Alignment
from getdsl.compiler.plan.suggest.ambiguities import ambiguities
from getdsl.compiler.plan.suggest.families import Shape, families
from getdsl.compiler.plan.suggest.generalise import applied, shortest_rules
from getdsl.compiler.plan.suggest.suggestion import Suggestion


def suggest(keys: Mapping[str, Shape], names: Mapping[str, Shape], settled: Mapping[str, str]) -> Suggestion:
    """Rules for the keys of a file; `settled` are keys that have their names already."""
    found = _aligned(keys, names, settled)
    pairs = {**settled, **found.pairs()}
    chosen = shortest_rules(pairs, keys)
    rules = tuple(rule.sides for rule in chosen)
    still_open = ambiguities(found.open_theirs, found.open_ours)
    if len(pairs) == len(settled) or not proven(rules, pairs, keys):
        return Suggestion(ambiguous=still_open)
    weak = {rule.sides: found.evidence_of(rule.keys) for rule in chosen}
    return Suggestion(
        rules,
        {sides: evidence for sides, evidence in weak.items() if evidence != "names"},
        still_open,
        len(pairs) - len(settled),
    )


def _aligned(keys: Mapping[str, Shape], names: Mapping[str, Shape], settled: Mapping[str, str]) -> Alignment:
    taken = set(settled.values())
    open_keys = {key: shape for key, shape in keys.items() if key not in settled}
    open_names = {name: shape for name, shape in names.items() if name not in taken}
    found = Alignment(families(open_keys, keys), families(open_names, names), settled, keys, names)
    found.run()
    return found


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
