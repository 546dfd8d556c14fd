"""The keys of one file held against the model: what each becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from getdsl.compiler.graph.graph import StateTensor
from getdsl.compiler.plan.directives import Load, Rule
from getdsl.compiler.plan.patterns import any_covers, covers
from getdsl.compiler.plan.plan import Fate, Leftover, Provenance
from getdsl.compiler.plan.rewriting import DROPOUT_MASK, Rewritten, collisions, rewrite
from getdsl.formats.checkpoint_header import Header

Shape = tuple[int, ...]
PARTS = (".lora_A", ".lora_B")


@dataclass(frozen=True)
class Piece:
    """One of an adapter's two matrices in a file."""

    source: Provenance
    shape: Shape
    alpha: float | None = None  # where the record of a run of ours says it


@dataclass
class Matched:
    """What one file gives: tensors of the model by name, adapters' matrices, and what is left."""

    load: Load
    header: Header
    tensors: dict[str, Provenance] = field(default_factory=dict)
    pieces: dict[str, Piece] = field(default_factory=dict)  # by `X.weight.lora_A` or `…lora_B`
    leftovers: list[Leftover] = field(default_factory=list)
    collided: list[tuple[Rewritten, Rewritten]] = field(default_factory=list)
    used_rules: set[Rule] = field(default_factory=set)
    used_drops: set[str] = field(default_factory=set)

    def of_fate(self, fate: Fate) -> list[Leftover]:
        return [item for item in self.leftovers if item.fate == fate]


def match(load: Load, header: Header, model: Mapping[str, StateTensor]) -> Matched:
    """Every key of the file, in the file's order, accounted for."""
    found = Matched(load, header)
    kept = [item for item in _renamed(load, header) if not _drop(found, item)]
    found.collided = collisions(kept)
    twice = {item.name for _, item in found.collided}
    for item in kept:
        found.used_rules.update(item.rules)
        name = f"{load.into.text}.{item.name}" if load.into is not None else item.name
        if item.name in twice:
            _leave(found, item.key, name, "refused", "two keys have become this one")
        else:
            _place(found, item.key, name, model)
    return found


def _renamed(load: Load, header: Header) -> list[Rewritten]:
    return [rewrite(key, load.rename, load.replace) for key in header.tensors]


def _drop(found: Matched, item: Rewritten) -> bool:
    drops = [pattern.text for pattern in found.load.drop if covers(pattern.text, item.name)]
    found.used_drops.update(drops)
    if drops:
        found.used_rules.update(item.rules)
        _leave(found, item.key, item.name, "dropped", f'by `drop = ["{drops[0]}"]`')
    elif DROPOUT_MASK.search(item.key):
        _leave(found, item.key, item.name, "dropped", "a mask of ones that minLoRA keeps beside an adapter")
        return True
    return bool(drops)


def _place(found: Matched, key: str, name: str, model: Mapping[str, StateTensor]) -> None:
    source, shape = Provenance(found.load.number, key), found.header.tensors[key].shape
    if name in model:
        if model[name].shape == shape:
            found.tensors[name] = source
        else:
            _leave(found, key, name, "refused", f"the model's is {list(model[name].shape)}")
    elif name.endswith(PARTS) and name[: -len(PARTS[0])] in model:
        found.pieces[name] = Piece(source, shape, _recorded_alpha(found.header, key))
    else:
        _leave(found, key, name, "unexpected", "the model has no such tensor")


def _recorded_alpha(header: Header, key: str) -> float | None:
    adapters = header.record.get("adaptation", {}).get("adapters", {})
    alpha = adapters.get(key[: -len(PARTS[0])], {}).get("alpha")
    return None if alpha is None else float(alpha)


def _leave(found: Matched, key: str, name: str, fate: Fate, why: str) -> None:
    shape = found.header.tensors[key].shape
    found.leftovers.append(Leftover(Provenance(found.load.number, key), name, shape, fate, why))


def missing(loads: list[Matched], model: Mapping[str, StateTensor]) -> dict[str, Matched]:
    """Tensors that a file should have given and none did, each with the file to blame.

    Several files add up: what one of them gives, or declares `new`, is missing from none.
    """
    given = {name for item in loads for name in item.tensors}
    found: dict[str, Matched] = {}
    for name in model:
        owing = [item for item in loads if item.load.owes(name)]
        if name in given or not owing:
            continue
        if not any(any_covers([p.text for p in item.load.new], name) for item in loads):
            found[name] = next((item for item in owing if item.load.strict), owing[0])
    return found
