"""Parts of a check that had nothing to say, for tools that check a file after each edit.

A part is what is checked by itself: the main model with all sections, or a model beside it. Of one that said
nothing, what came of it is kept under a key of all that it depends on:

- its syntax, and that of every definition of its file that a word in it, or in those, names: places, layout
  and comments left out, but for sections, whose text is shown;
- the very trees of the files that are used;
- what the disk has under each string;
- which blocks were called before it.

Another check that comes to the same key takes what was kept. A part that said anything, be it a warning, is
checked each time. Nothing kept is ever changed: what is told of values is told of the nodes that are there.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar, cast

from getdsl.compiler.elaborate.budget import Budget
from getdsl.compiler.elaborate.engine import Engine
from getdsl.compiler.elaborate.witness import Witness
from getdsl.compiler.program import Program, locate
from getdsl.grammar import syntax
from getdsl.grammar.structure import structure

MOST = 50  # parts
READERS = frozenset(("read", "motif_count", "motif_width"))  # whoever asks a file is not kept
Made = TypeVar("Made")
Key = tuple[object, ...]
Nodes = tuple[syntax.Node, ...]


class Kept(NamedTuple):
    """What came of a part: `nodes` is the syntax that it was made of, `called` the blocks of its file."""

    made: object
    nodes: Nodes
    witness: Witness
    called: frozenset[str]
    spent: Budget


@dataclass
class Quiet:
    """The parts that were used last."""

    known: OrderedDict[Key, Kept] = field(default_factory=OrderedDict)

    def part(
        self, engine: Engine, program: Program, roots: Iterable[syntax.Node], make: Callable[[Engine], Made]
    ) -> Made:
        """What `make` gives of these definitions and sections, or gave when it had nothing to say."""
        nodes = _reached(program, roots)
        key = _key(engine, program, nodes)
        kept = self.known.pop(key, None)
        quiet = kept is not None and engine.budget.has_room(kept.spent)
        if kept is not None and quiet:
            engine.budget.take(kept.spent)
        else:
            kept, quiet = _made(engine, program, nodes, make)
        if quiet and not any(map(_asks_files, nodes)):
            self.known[key] = kept  # behind those that were used before it
            while len(self.known) > MOST:
                self.known.popitem(last=False)
        _tell(engine, program, kept, nodes)
        return cast(Made, kept.made)


# ---- what a part depends on


def _reached(program: Program, roots: Iterable[syntax.Node]) -> Nodes:
    """The roots with all definitions of their file that they, used files, or these definitions name."""
    assert program.unit is not None
    own = program.unit.definitions
    found = dict.fromkeys(roots)
    named = own.keys() & {word for unit in _used(program) for word in _words_in_file(unit)}
    waiting: list[syntax.Node] = [*found, *(own[name] for name in sorted(named))]
    while waiting:
        node = waiting.pop()
        found.setdefault(node)
        waiting += [own[name] for name in sorted(own.keys() & _words(node)) if own[name] not in found]
    return tuple(found)


def _key(engine: Engine, program: Program, nodes: Nodes) -> Key:
    assert program.unit is not None
    source = program.unit.file.source
    paths = {text for node in nodes for text in _paths(node)}
    paths.update(text for file in _used(program) for text in _paths_in_file(file))
    on_disk = [(text, _on_disk(text, source.path)) for text in sorted(paths)]
    said = [structure(node) if isinstance(node, syntax.Definition) else node.span.text for node in nodes]
    called = frozenset(_called(engine, program))
    return (source.name, source.path, called, tuple(_used(program)), tuple(on_disk), *said)


def _used(program: Program) -> Iterator[syntax.File]:
    return (unit.file for unit in program.units.values() if unit is not program.unit)


def _called(engine: Engine, program: Program) -> Iterator[str]:
    """The blocks of the file that were called so far, by their names."""
    assert program.unit is not None
    return (name for name, item in program.unit.definitions.items() if id(item) in engine.called)


def _words(node: syntax.Node) -> set[str]:
    return {item for item in structure(node) if isinstance(item, str)}


@lru_cache(maxsize=100)
def _words_in_file(file: syntax.File) -> frozenset[str]:
    return frozenset(word for item in file.items for word in _words(item))


def _paths(node: syntax.Node) -> Iterator[str]:
    """The words that may be paths: in a definition those that are no names."""
    is_section = not isinstance(node, syntax.Definition)
    return (word for word in _words(node) if is_section or not word.isidentifier())


@lru_cache(maxsize=100)
def _paths_in_file(file: syntax.File) -> frozenset[str]:
    return frozenset(word for item in file.items for word in _paths(item))


def _asks_files(node: syntax.Node) -> bool:
    """Whether files tell some of it that its words do not name: what is in them, or `{celltype}.bw`."""
    words = _words(node)
    return not READERS.isdisjoint(words) or any("{" in word for word in words)


def _on_disk(text: str, beside: Path | None) -> tuple[tuple[int, int] | None, ...]:
    """When what stands under a path changed last, and its size, as seen from here and from a file."""
    if not text.isprintable():
        return ()
    with suppress(RuntimeError):  # `~name` of nobody
        return _state(Path(text)), _state(locate(text, beside))
    return ()


def _state(path: Path) -> tuple[int, int] | None:
    with suppress(OSError, ValueError):
        state = os.stat(path)
        return state.st_mtime_ns, state.st_size
    return None


# ---- what comes of it


def _made(
    engine: Engine, program: Program, nodes: Nodes, make: Callable[[Engine], Made]
) -> tuple[Kept, bool]:
    """What is made, with what it told its engine, and whether nothing was said."""
    before, spent = program.diagnostics.told, replace(engine.budget)
    inside = replace(engine, witness=Witness(), called=set(engine.called))
    made = make(inside)
    assert inside.witness is not None
    called = frozenset(_called(inside, program))
    kept = Kept(made, nodes, inside.witness, called, engine.budget.since(spent))
    return kept, program.diagnostics.told == before


def _tell(engine: Engine, program: Program, kept: Kept, nodes: Nodes) -> None:
    """Tells an engine what the part told its own, of the nodes that are there now."""
    assert program.unit is not None
    engine.called.update(id(program.unit.definitions[name]) for name in kept.called)
    if engine.witness is None:
        return
    now = {
        old: new
        for before, after in zip(kept.nodes, nodes, strict=True)
        if before is not after
        for old, new in zip(syntax.walk(before), syntax.walk(after), strict=True)
    }
    for node, values in kept.witness.values.items():
        for value in values:
            engine.witness.saw(now.get(node, node), value)
