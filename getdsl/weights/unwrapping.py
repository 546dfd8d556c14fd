"""From what a file holds to the model's own tensors: nesting and common prefixes are taken off, and named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, Union

from getdsl.formats.checkpoint_header import TensorInfo
from getdsl.weights.errors import CheckpointError

NESTINGS = ("model", "state_dict", "module")  # looked for in this order, as GET does; `module` is DeepSpeed's
PREFIXES = ("module.", "_orig_mod.", "model.")
LIGHTNING = "pytorch-lightning_version"
MOST_NESTINGS = 8
Steps = tuple[str | int, ...]
Tree: TypeAlias = Mapping[str | int, Union[TensorInfo, "Tree", None]]  # None: anything but tensors


@dataclass(frozen=True)
class Unwrapped:
    tensors: dict[str, TensorInfo]
    steps: dict[str, Steps]  # the way to each tensor inside the file
    taken_off: tuple[str, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class _Level:
    """A place inside a file: what is there, the way to it, and what was left beside the way."""

    content: Tree
    taken: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def into(self, name: str) -> _Level:
        inner = self.content[name]
        assert isinstance(inner, Mapping)
        beside = (str(other) for other in self.content if other != name)
        return _Level(inner, (*self.taken, name), (*self.ignored, *beside))


def unwrap(path: str, tree: Tree, key: tuple[str, ...] = ()) -> Unwrapped:
    """The model's tensors in a file's tree.

    Raises CheckpointError where none of the alternatives of `key` is there, and where there are no tensors.
    """
    level = _descend(path, tree, key)
    found = {".".join(map(str, way)): (info, (*level.taken, *way)) for way, info in leaves(level.content)}
    if not found:
        raise _no_tensors(path, level)
    if not key:
        _refuse_unusual_names(path, level.content)
    without = (str(name) for name, value in level.content.items() if not _holds_tensors(value))
    names, prefixes = _strip_prefixes(list(found), lightning=LIGHTNING in tree)
    return Unwrapped(
        {names[name]: info for name, (info, _) in found.items()},
        {names[name]: way for name, (_, way) in found.items()},
        (*level.taken, *prefixes),
        (*level.ignored, *without),
    )


def _no_tensors(path: str, level: _Level) -> CheckpointError:
    where = f" under `{'.'.join(level.taken)}`" if level.taken else ""
    return CheckpointError(
        f"`{path}` holds no tensors{where}",
        f"it holds: {_listed(level.content)}" if level.content else "name a file that does",
    )


def _refuse_unusual_names(path: str, level: Tree) -> None:
    """Raises CheckpointError where all tensors lie deeper, and nothing tells which are the model's."""
    if any(isinstance(value, TensorInfo) for value in level.values()):
        return
    first = next(name for name, value in level.items() if _holds_tensors(value))
    raise CheckpointError(
        f"`{path}` keeps its tensors under names that are not usual: {_listed(level)}",
        f'say which ones: `key = "{first}"`',
    )


def leaves(level: Tree) -> Iterator[tuple[Steps, TensorInfo]]:
    """Every tensor with the way to it."""
    for name, value in level.items():
        if isinstance(value, TensorInfo):
            yield (name,), value
        elif value is not None:
            for steps, inner in leaves(value):
                yield (name, *steps), inner


def _descend(path: str, tree: Tree, key: tuple[str, ...]) -> _Level:
    """The level that holds the model."""
    level = _Level(tree)
    if key:
        level = level.into(_picked(path, tree, key))
    while len(level.taken) < MOST_NESTINGS:
        name = next((name for name in NESTINGS if _is_nest(level.content.get(name))), None)
        if name is None:
            break
        level = level.into(name)
    return level


def _picked(path: str, tree: Tree, key: tuple[str, ...]) -> str:
    """The first of the alternatives that is there."""
    for name in key:
        if isinstance(tree.get(name), Mapping):
            return name
    names = " or ".join(f"`{name}`" for name in key)
    raise CheckpointError(f"`{path}` has no {names}", f"it holds: {_listed(tree)}")


def _is_nest(value: TensorInfo | Tree | None) -> bool:
    return isinstance(value, Mapping) and _holds_tensors(value)


def _holds_tensors(value: TensorInfo | Tree | None) -> bool:
    if isinstance(value, Mapping):
        return next(leaves(value), None) is not None
    return value is not None


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


def _listed(level: Tree) -> str:
    names = [f"`{name}`" for name in level]
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
