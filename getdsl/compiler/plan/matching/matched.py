"""The keys of one file held against the model: what each becomes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from getdsl.compiler.directives.covering import any_covers, covers
from getdsl.compiler.directives.directives import Load, Pattern, Rule
from getdsl.compiler.graph.graph import StateTensor
from getdsl.compiler.graph.types import DType
from getdsl.compiler.plan.matching.counts import uncounted
from getdsl.compiler.plan.matching.number_kinds import accepts, plain_kind
from getdsl.compiler.plan.matching.rewriting import (
    Rewritten,
    beyond_low_rank,
    collisions,
    module_of,
    passed_over,
    rewrite,
)
from getdsl.formats.adapter_config import Strength
from getdsl.formats.checkpoint_header import Header, TensorInfo

T = TypeVar("T")
Shape = tuple[int, ...]
Fate = Literal["dropped", "unexpected", "refused"]
PARTS = (".lora_A", ".lora_B")


@dataclass(frozen=True)
class Provenance:
    """A key of a file: the number of the `load`, and the key as the file has it."""

    load: int
    key: str
    permute: tuple[int, ...] = ()  # the order that the model has its axes in; none: the file's


@dataclass(frozen=True)
class Piece:
    """One of an adapter's two matrices in a file."""

    source: Provenance
    shape: Shape
    recorded: Strength | None = None  # where the record of a run of ours, or peft's config, says it


@dataclass(frozen=True)
class Leftover:
    """A key of a file that reaches no tensor of the model, with the name that it would have had."""

    source: Provenance
    name: str
    shape: Shape
    fate: Fate
    why: str = ""


@dataclass(frozen=True)
class Unread:
    """Why a file could not be read."""

    why: str
    help: str | None = None


@dataclass(frozen=True)
class Matched:
    """What one file gives: tensors of the model by name, adapters' matrices, and what is left."""

    load: Load
    header: Header
    tensors: Mapping[str, Provenance] = field(default_factory=dict)
    pieces: Mapping[str, Piece] = field(default_factory=dict)  # by `X.weight.lora_A` or `…lora_B`
    leftovers: tuple[Leftover, ...] = ()
    names: Mapping[str, str] = field(
        default_factory=dict
    )  # of keys that are not dropped, as `drop` sees them
    collided: tuple[tuple[Rewritten, Rewritten], ...] = ()
    unused_drops: tuple[Pattern, ...] = ()
    unused_rules: tuple[Rule, ...] = ()
    unread: Unread | None = None

    @property
    def number(self) -> int:
        return self.load.number

    def of_fate(self, fate: Fate) -> list[Leftover]:
        return [item for item in self.leftovers if item.fate == fate]


def unread(load: Load, why: str, help: str | None) -> Matched:
    """A file that could not be read: it gives nothing."""
    return Matched(load, Header(load.request, (), "unread", {}), unread=Unread(why, help))


def match(load: Load, header: Header, model: Mapping[str, StateTensor]) -> Matched:
    """Every key of the file, in the file's order, accounted for."""
    items = [rewrite(key, load.rename, load.replace) for key in header.tensors]
    dropped = {item.key: left for item in items if (left := _dropped(load, header, item)) is not None}
    kept = [item for item in items if item.key not in dropped]
    collided = tuple(collisions(kept))
    twice = {item.name for _, item in collided}
    placed = [_placed(load, header, item, model, clash=item.name in twice) for item in kept]
    return Matched(
        load,
        header,
        dict(of_kind(placed, Provenance)),
        dict(of_kind(placed, Piece)),
        (*dropped.values(), *(left for _, left in of_kind(placed, Leftover))),
        {item.key: item.name for item in kept},
        collided,
        _unused_drops(load, items),
        _unused_rules(load, items),
    )


def of_kind(placed: Iterable[tuple[str, object]], kind: type[T]) -> Iterator[tuple[str, T]]:
    """Those of some named findings that are of one kind."""
    return ((name, found) for name, found in placed if isinstance(found, kind))


def _unused_drops(load: Load, items: Sequence[Rewritten]) -> tuple[Pattern, ...]:
    return tuple(drop for drop in load.drop if not any(covers(drop.text, item.name) for item in items))


def _unused_rules(load: Load, items: Iterable[Rewritten]) -> tuple[Rule, ...]:
    used = _used_rules(load, items)
    return tuple(rule for rule in load.rename if rule not in used)


def _used_rules(load: Load, items: Iterable[Rewritten]) -> set[Rule]:
    """The rules that made the names of keys; a key that goes anyway proves nothing of its rule."""
    return {
        rule
        for item in items
        if passed_over(item.key, ()) is None or any(covers(drop.text, item.name) for drop in load.drop)
        for rule in item.rules
    }


def _dropped(load: Load, header: Header, item: Rewritten) -> Leftover | None:
    drops = [pattern.text for pattern in load.drop if covers(pattern.text, item.name)]
    why = f'by `drop = ["{drops[0]}"]`' if drops else passed_over(item.key, header.tensors)
    if why is None:
        return None
    return _left(load, header, item.key, item.name, "dropped", why)


def _placed(
    load: Load, header: Header, item: Rewritten, model: Mapping[str, StateTensor], *, clash: bool
) -> tuple[str, Provenance | Piece | Leftover]:
    """The name that a key has in the model, and what becomes of the key there."""
    name = f"{load.into.text}.{item.name}" if load.into is not None else item.name
    source, info = Provenance(load.number, item.key, item.permute), _permuted(header, item)

    def left(fate: Fate, why: str) -> tuple[str, Leftover]:
        return name, Leftover(source, name, info.shape, fate, why)

    if clash:
        return left("refused", "two keys have become this one")
    if name in model:
        why = _unfit(info, model[name]) or _misordered(header, source)
        return left("refused", why) if why else (name, source)
    if name.endswith(PARTS) and name[: -len(PARTS[0])] in model:
        why = _unfit_kind(info, "float") or _misordered(header, source)
        return left("refused", why) if why else (name, Piece(source, info.shape, _recorded(header, item.key)))
    return left(*_reaching_nothing(item.key))


def _reaching_nothing(key: str) -> tuple[Fate, str]:
    beyond = beyond_low_rank(key)
    return ("refused", beyond) if beyond else ("unexpected", "the model has no such tensor")


def _permuted(header: Header, item: Rewritten) -> TensorInfo:
    """What a file has under a key, its axes in the order of the rule where that has as many."""
    info = header.tensors[item.key]
    if len(item.permute) != len(info.shape):
        return info
    return replace(info, shape=tuple(info.shape[axis] for axis in item.permute))


def _misordered(header: Header, source: Provenance) -> str | None:
    """Why a rule's order of axes is none of a tensor's."""
    axes = len(header.tensors[source.key].shape)
    if not source.permute or len(source.permute) == axes:
        return None
    return f"it has {axes} axes, and its rule permutes {len(source.permute)}"


def _unfit(info: TensorInfo, tensor: StateTensor) -> str | None:
    """Why a tensor of a file cannot be one of the model's."""
    if info.shape != tensor.shape and not info.unread:
        return f"the model's is {list(tensor.shape)}"
    return _unfit_kind(info, tensor.dtype)


def _unfit_kind(info: TensorInfo, wanted: DType) -> str | None:
    """Why numbers of a file cannot be those of a tensor."""
    if info.unread:
        return info.unread
    return None if accepts(wanted, info.dtype) else f"it holds {plain_kind(info.dtype)}"


def _recorded(header: Header, key: str) -> Strength | None:
    """What a file says of the adapter that a key is a part of."""
    if header.adapter_config is not None:
        return header.adapter_config.strength(module_of(key))
    adapters = header.record.get("adaptation", {}).get("adapters", {})
    found = adapters.get(key[: -len(PARTS[0])])
    return Strength(int(found["rank"]), float(found["alpha"])) if found is not None else None


def _left(load: Load, header: Header, key: str, name: str, fate: Fate, why: str) -> Leftover:
    return Leftover(Provenance(load.number, key), name, header.tensors[key].shape, fate, why)


def missing(loads: Sequence[Matched], model: Mapping[str, StateTensor]) -> dict[str, int]:
    """Tensors that a file should have given and none did, each with the number of the load to blame.

    Several files add up: what one of them gives, or declares `new`, is missing from none.
    """
    there = _given(loads, model)
    new = [pattern.text for item in loads for pattern in item.load.new]
    owed = [name for name in model if name not in there and not any_covers(new, name)]
    blamed = {name: _blamed(name, loads) for name in owed}
    return {name: number for name, number in blamed.items() if number is not None}


def _given(loads: Sequence[Matched], model: Mapping[str, StateTensor]) -> set[str]:
    """What the files give, and the counts that go with it and that none of them has."""
    given = {name for item in loads for name in item.tensors}
    refused = {left.name for item in loads for left in item.of_fate("refused")}
    return given | (uncounted(model, given) - refused)


def _blamed(name: str, loads: Iterable[Matched]) -> int | None:
    owing = [item for item in loads if item.load.owes(name)]
    return next((item.number for item in (*(each for each in owing if each.load.strict), *owing)), None)
