"""What the names of a body mean: its own, those of what it extends, and those that it may call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from getdsl.compiler.constants.evaluate import WORDS
from getdsl.compiler.constants.functions import FUNCTIONS
from getdsl.compiler.elaborate.special_calls import SPECIAL
from getdsl.compiler.extend import sound_lineage
from getdsl.compiler.operations import OPERATIONS
from getdsl.compiler.program import Program
from getdsl.grammar import syntax
from getdsl.lsp.names.entity import Entity, Kind

RESERVED = frozenset((*WORDS, "batch"))
KINDS: Mapping[type[syntax.Node], Kind] = {
    syntax.Param: "param",
    syntax.Input: "input",
    syntax.Binding: "name",
    syntax.Output: "output",
}
LONGEST = 20  # steps from a name to the block that it is bound to
Declaration = syntax.Param | syntax.Input | syntax.Binding | syntax.Output


class Declared(NamedTuple):
    owner: syntax.Definition
    node: Declaration


@dataclass
class Scope:
    """The names of one definition, with those that it inherits."""

    program: Program
    definition: syntax.Definition

    @cached_property
    def chain(self) -> list[syntax.Definition]:
        """The definition and what it extends, the nearest first."""
        return sound_lineage(self.program, self.definition) or [self.definition]

    @cached_property
    def all(self) -> list[Declared]:
        """The declarations, the eldest definition's first."""
        return [
            Declared(definition, node)
            for definition in reversed(self.chain)
            for node in syntax.walk(definition)
            if isinstance(node, Declaration)
        ]

    @cached_property
    def body(self) -> dict[str, list[Declared]]:
        """The params, inputs and bindings of each name."""
        found: dict[str, list[Declared]] = {}
        for item in self.all:
            if not isinstance(item.node, syntax.Output):
                found.setdefault(str(item.node.name), []).append(item)
        return found

    @cached_property
    def outputs(self) -> dict[str, list[Declared]]:
        found: dict[str, list[Declared]] = {}
        for item in self.all:
            if isinstance(item.node, syntax.Output) and item.node.name is not None:
                found.setdefault(item.node.name, []).append(item)
        return found

    def own(self, name: str) -> Entity | None:
        """What a name of the body means."""
        found = self.body.get(name)
        return Entity(KINDS[type(found[-1].node)], found[0].owner, name) if found else None

    def output(self, name: str) -> Entity | None:
        """What a name means as an output: one that only names a binding is that binding."""
        declared = self.outputs.get(name)
        if not declared:
            return None
        only_named = (isinstance(item.node, syntax.Output) and item.node.value is None for item in declared)
        if name in self.body and any(only_named):
            return self.own(name)
        return Entity("output", declared[0].owner, name)

    # -- what is called

    def called(self, name: str) -> Entity | None:
        """What a name means where it is called: a module or an operation that it holds, else what has it."""
        own = self.own(name)
        outside = self.outside(name)
        return own if own is not None and (outside is None or self.holds_callee(name)) else outside

    def outside(self, name: str) -> Entity | None:
        """A block, model or source, an operation, or a function of constants."""
        definition = self.program.home(self.definition).find(name)
        if definition is not None:
            return Entity("definition", definition, name)
        if name in OPERATIONS or name in SPECIAL:
            return Entity("operation", None, name)
        return Entity("function", None, name) if name in FUNCTIONS else None

    def holds_callee(self, name: str) -> bool:
        """Whether a name of the body is a module, a block or an operation."""
        last = self.body[name][-1].node
        if isinstance(last, syntax.Param):
            kinds = (node.id for node in syntax.walk(last.type) if isinstance(node, syntax.Name))
            return not {"operation", "block"}.isdisjoint(kinds)
        return isinstance(last, syntax.Binding) and isinstance(last.value, syntax.Call)

    def block_of(self, name: str) -> syntax.Definition | None:
        """The block whose call a name of the body is bound to."""
        for _ in range(LONGEST):
            bound = [item.node for item in self.body.get(name, []) if isinstance(item.node, syntax.Binding)]
            callee = _callee(bound[-1].value) if bound else None
            entity = self.called(callee) if callee is not None else None
            if entity is None or callee is None:
                return None
            if isinstance(entity.owner, syntax.Definition) and entity.kind == "definition":
                return entity.owner
            name = callee
        return None


def _callee(expr: syntax.Expr) -> str | None:
    """The name of what makes the value of an expression."""
    called = expr.target if isinstance(expr, syntax.Arrow) else expr
    named = called.callee if isinstance(called, syntax.Call) else called
    return named.id if isinstance(named, syntax.Name) else None
