"""From what a file holds to the model's own tensors: nesting and common prefixes are taken off, and named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from getdsl.diagnostics.listing import joined
from getdsl.formats.checkpoint_header import TensorInfo
from getdsl.weights.errors import CheckpointError, UnusualNamesError, damaged
from getdsl.weights.keys import candidates, find, readings
from getdsl.weights.tree import Found, Level, Parts, Steps, Tree, holds_tensors, listed, text_of

# Looked for in this order, as GET does; `module` is DeepSpeed's, `model_weights` Keras's.
NESTINGS = ("model", "state_dict", "module", "model_weights")
PREFIXES = ("module.", "_orig_mod.", "model.")
LIGHTNING = "pytorch-lightning_version"
MOST_NESTINGS = 8
MOST = 200_000  # tensors, beyond which a file is no checkpoint


@dataclass(frozen=True)
class Unwrapped:
    tensors: dict[str, TensorInfo]
    steps: dict[str, Steps]  # the way to each tensor inside the file
    taken_off: tuple[str, ...]
    ignored: tuple[str, ...]
    readings: tuple[str, ...] = ()  # keys under which the file holds the same model twice


def unwrap(path: str, tree: Tree, key: tuple[str, ...] = ()) -> Unwrapped:
    """The model's tensors in a file's tree.

    Raises CheckpointError where none of the alternatives of `key` is there, where there are no tensors, and
    where two of them have one name.
    """
    level = _descend(path, tree, key)
    found = _named_apart(path, level)
    if not key:
        _refuse_unusual_names(path, level)
    without = (text_of(name) for name, value in level.content.items() if not holds_tensors(value))
    names, prefixes = _strip_prefixes(list(found), lightning=LIGHTNING in tree)
    return Unwrapped(
        {names[name]: item.info for name, item in found.items()},
        {names[name]: item.steps for name, item in found.items()},
        (*level.taken, *prefixes),
        (*level.ignored, *without),
        tuple(".".join((*level.taken, start)) for start in readings(found)) if not key else (),
    )


def _named_apart(path: str, level: Level) -> dict[str, Found]:
    """The tensors of a level by name."""
    found: dict[str, Found] = {}
    for item in islice(level.tensors(), MOST + 1):
        other = found.setdefault(item.name, item)
        if other is not item:
            raise CheckpointError(
                f"`{path}` holds two tensors of the name `{item.name}`: {_way(other)} and {_way(item)}",
                "which is meant, nothing tells: save it anew, with a name for each",
            )
    if len(found) > MOST:
        raise damaged(path, "its content is nested without end")
    if not found:
        raise _no_tensors(path, level)
    return found


def _way(item: Found) -> str:
    """`["mid"]["weight"]`: as one would reach it in Python."""
    steps = (repr(step) if isinstance(step, str | int) else text_of(step) for step in item.steps)
    return "`" + "".join(f"[{step}]" for step in steps) + "`"


def _no_tensors(path: str, level: Level) -> CheckpointError:
    where = f" under `{'.'.join(level.taken)}`" if level.taken else ""
    return CheckpointError(
        f"`{path}` holds no tensors{where}",
        f"it holds: {listed(level.content)}" if level.content else "name a file that does",
    )


def _refuse_unusual_names(path: str, level: Level) -> None:
    """Raises UnusualNamesError where all tensors lie deeper, and nothing tells which are the model's."""
    flat = any(isinstance(value, TensorInfo) for value in level.content.values())
    if not flat and not isinstance(level.content, Parts):
        raise UnusualNamesError(path, listed(level.content), candidates(level))


def _descend(path: str, tree: Tree, key: tuple[str, ...]) -> Level:
    """The level that holds the model."""
    level = _picked(path, tree, key) if key else Level(tree)
    while len(level.taken) < MOST_NESTINGS and not level.start and not isinstance(level.content, Parts):
        name = next((name for name in NESTINGS if _is_nest(level.content.get(name))), None)
        if name is None:
            break
        level = level.into(name)
    return level


def _picked(path: str, tree: Tree, key: Sequence[str]) -> Level:
    """The first of the alternatives that is there."""
    for name in key:
        found = find(Level(tree), name)
        if found is not None:
            return found
    names = joined((f"`{name}`" for name in key), " or ")
    raise CheckpointError(f"`{path}` has no {names}", f"it holds: {listed(tree)}")


def _is_nest(value: TensorInfo | Tree | None) -> bool:
    return isinstance(value, Mapping) and holds_tensors(value)


def _strip_prefixes(names: list[str], *, lightning: bool) -> tuple[dict[str, str], list[str]]:
    """New names by old ones, for prefixes that all names share.

    In a Lightning file `model.` goes also where other names, such as a loss's, stand beside the model's.
    """
    current = {name: name for name in names}
    taken: list[str] = []
    while prefix := _prefix(current.values(), lightning=lightning and "model." not in taken):
        shorter = {old: name.removeprefix(prefix) for old, name in current.items()}
        if "" in shorter.values() or len(set(shorter.values())) < len(shorter):
            break
        current = shorter
        taken.append(prefix)
    return current, taken


def _prefix(names: Iterable[str], *, lightning: bool) -> str | None:
    names = list(names)
    shared = next((item for item in PREFIXES if all(name.startswith(item) for name in names)), None)
    if shared is None and lightning and any(name.startswith("model.") for name in names):
        return "model."
    return shared
