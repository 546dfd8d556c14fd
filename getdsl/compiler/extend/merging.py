"""A child's statements over its parent's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from getdsl.compiler.extend.lineages import lineage, possible_parents, sound_lineage
from getdsl.compiler.extend.statement_order import (
    OUTPUT,
    declared_name,
    declared_names,
    is_computed,
    makes_family,
    ordered,
    stays_in_order,
)
from getdsl.compiler.program import Program
from getdsl.diagnostics.mistakes import names as mistakes
from getdsl.grammar import syntax

N = TypeVar("N", bound=syntax.Statement)


def flatten(program: Program, model: syntax.Definition) -> syntax.Definition | None:
    """The model with its ancestors' statements merged in; None after a report."""
    chain = lineage(program, model)
    if chain is None:
        return None
    if len(chain) == 1:
        for statement in model.body:
            if isinstance(statement, syntax.Remove):
                parents = possible_parents(program, model)
                program.diagnostics.add(mistakes.nothing_to_remove_from(statement.span, parents))
        return model
    merged = _Merged()
    merged.append(chain[-1].body)
    for child in reversed(chain[:-1]):
        _merge(program, merged, child)
    return replace(model, body=ordered(program, merged.body()), extends=None)


def are_mistaken_alone(program: Program, model: syntax.Definition) -> bool:
    """Whether ancestors of a model may have mistakes that it has not, which `flatten` finds one by one.

    Where not, flattening the model reports all that flattening each of them would.
    """
    chain = sound_lineage(program, model)
    return chain is None or not stays_in_order([item.body for item in reversed(chain)])


def apart(program: Program, main: syntax.Definition | None) -> Iterator[syntax.Definition]:
    """The models of the file, flattened, that have to be checked beside the main one.

    Those are the models that it does not extend. Its ancestors are flattened all the same where they may
    have mistakes of their own, and nothing more.
    """
    assert program.unit is not None
    definitions = (item for item in program.unit.file.items if isinstance(item, syntax.Definition))
    others = [item for item in definitions if item.kind == "model" and item is not main]
    if not others:
        return
    chain = sound_lineage(program, main) if main is not None else None
    ancestors = {id(item) for item in chain or ()}
    sound = main is not None and not are_mistaken_alone(program, main)
    for item in others:
        flat = flatten(program, item) if not sound or id(item) not in ancestors else None
        if flat is None:
            continue
        if main is not None:
            lineage(program, main)  # a circle is reported from the main model's side, if it has one
        if id(item) not in ancestors:
            yield flat


# ---- merging


@dataclass
class _Slot:
    """A place in a body: a statement, or all of a child's that took the place of its parent's."""

    statements: list[syntax.Statement]

    def without(self, name: str) -> None:
        """Takes away what binds a name, inside an `if` or a loop too."""
        self.statements = [kept for item in self.statements for kept in _without(item, name)]


@dataclass
class _Merged:
    """A body that children change: what one changes takes as long as its own statements, not the body's."""

    slots: list[_Slot] = field(default_factory=list)
    named: dict[str, list[_Slot]] = field(default_factory=dict)
    families: list[_Slot] = field(default_factory=list)  # with outputs whose names are computed

    def append(self, statements: Iterable[syntax.Statement]) -> None:
        for statement in statements:
            slot = _Slot([statement])
            self.slots.append(slot)
            for name in declared_names(statement):
                self.named.setdefault(name, []).append(slot)
            if makes_family(statement):
                self.families.append(slot)

    def leave(self, outputs: tuple[str, ...]) -> None:
        """Leaves outputs to a child, in families, whose names are known once a loop is unrolled only."""
        for slot in self.families if outputs else ():
            slot.statements = [_leaving(item, outputs) for item in slot.statements]

    def remove(self, name: str) -> None:
        for slot in self.named.pop(name, ()):
            slot.without(name)

    def replace(self, name: str, statements: list[syntax.Statement]) -> None:
        """Puts statements in the place of the first that declare a name, and takes all of those away."""
        first = self.named[name][0]
        self.remove(name)
        first.statements = [*statements, *first.statements]
        self.named[name] = [first]

    def body(self) -> tuple[syntax.Statement, ...]:
        return tuple(statement for slot in self.slots for statement in slot.statements)


def _leaving(statement: N, names: tuple[str, ...]) -> N:
    """A statement in which `output [name] = …` leaves these names to a child."""
    match statement:
        case syntax.For(body=body):
            return replace(statement, body=tuple(_leaving(item, names) for item in body))
        case syntax.If(yes=yes, no=no):
            yes, no = (tuple(_leaving(item, names) for item in part) for part in (yes, no))
            return replace(statement, yes=yes, no=no)
        case syntax.Output(left=left) if is_computed(statement):
            return replace(statement, left=(*left, *names))
    return statement


def _without(statement: syntax.Statement, name: str) -> Iterator[syntax.Statement]:
    """A statement less what declares a name in it; nothing where that is all of it."""
    if declared_name(statement) == name:
        return
    if name not in declared_names(statement):
        yield statement
    elif isinstance(statement, syntax.If):
        yes, no = (
            tuple(kept for item in part for kept in _without(item, name))
            for part in (statement.yes, statement.no)
        )
        yield from (replace(statement, yes=yes, no=no),) if yes or no else ()
    elif isinstance(statement, syntax.For):
        body = tuple(kept for item in statement.body for kept in _without(item, name))
        yield from (replace(statement, body=body),) if body else ()


def _merge(program: Program, merged: _Merged, child: syntax.Definition) -> None:
    for name in _removals(program, child, merged) | _spoiled(child):
        merged.remove(name)
    own: dict[str, list[syntax.Statement]] = {}
    for statement in child.body:
        declared = declared_name(statement)
        if declared is not None:
            own.setdefault(declared, []).append(statement)
    replaced = own.keys() & merged.named.keys()
    for name in replaced:
        merged.replace(name, own[name])
    merged.leave(tuple(name.removeprefix(OUTPUT) for name in own if name.startswith(OUTPUT)))
    merged.append(
        statement
        for statement in child.body
        if declared_name(statement) not in replaced and not isinstance(statement, syntax.Remove)
    )


def _spoiled(child: syntax.Definition) -> set[str]:
    """What the child meant to replace, in statements that could not be parsed."""
    broken = [item for item in child.body if isinstance(item, syntax.Broken)]
    return {
        f"{OUTPUT}{name}" if item.span.text.startswith("output") else name
        for item in broken
        for name in item.names
    }


def _removals(program: Program, child: syntax.Definition, merged: _Merged) -> set[str]:
    """What the child takes away of its parents'."""
    removed: set[str] = set()
    for statement in child.body:
        if not isinstance(statement, syntax.Remove):
            continue
        matches = {statement.name, f"{OUTPUT}{statement.name}"} & merged.named.keys()
        if not matches:
            known = [name.removeprefix(OUTPUT) for name in merged.named]
            program.diagnostics.add(mistakes.parent_lacks(statement.name, statement.name_span, known))
        removed |= matches
    return removed
