"""The names that the statements of one body see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TypeAlias

from getdsl.compiler.constants.evaluate import WORDS
from getdsl.compiler.constants.markers import POISON
from getdsl.compiler.elaborate.values import Family, ModuleValue, Value
from getdsl.compiler.graph.dimensions import Dim
from getdsl.grammar import syntax
from getdsl.text.source import Span

Binds: TypeAlias = "syntax.Binding | syntax.Input"


@dataclass
class Scope:
    """Names with their values so far.

    `body` are the statements, `later` those by which it binds a name first, `broken` are names of statements
    that could not be parsed, and `known` all names of the body. `owners` are names that own weights, with
    the block that has them, and `claimed` those whose module the binding in hand made.
    """

    values: dict[str, Value] = field(default_factory=dict)
    later: Mapping[str, Binds] = field(default_factory=dict)
    body: tuple[syntax.Statement, ...] = ()
    broken: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset(WORDS)
    owners: dict[str, Span] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)

    @staticmethod
    def of(definition: syntax.Definition) -> Scope:
        """The empty scope of a definition's body."""
        later, broken, known = _bindings(definition)
        return Scope(later=later, body=definition.body, broken=broken, known=known)

    def poison(self, names: Iterable[str]) -> None:
        self.values.update(dict.fromkeys(names, POISON))

    def names(self) -> frozenset[str]:
        """All names that could be meant: of a body one set, whatever is bound so far."""
        return self.known if self.later else self.known | self.values.keys()

    def is_module(self, name: str) -> bool:
        return isinstance(self.values.get(name), ModuleValue)

    def symbols(self) -> set[str]:
        return {name for name, value in self.values.items() if isinstance(value, Dim)}

    def unsure(self) -> set[str]:
        """Names whose values are not known because of what was reported."""
        return {name for name, value in self.values.items() if _is_unsure(value)} | self.broken

    def bind(self, name: str, indices: tuple[int | str, ...], value: Value) -> bool:
        """Gives `name`, or `name[index]…`, its value; False where a family would have numbers and names."""
        if not indices:
            self.values[name] = value
            return True
        family = self.values.get(name)
        if not isinstance(family, Family):
            family = self.values[name] = Family(name)
        for index in indices[:-1]:
            nested = family.items.get(index)
            if not isinstance(nested, Family):
                nested = family.items[index] = Family(f"{family.name}.{index}")
            family = nested
        family.items[indices[-1]] = value
        return len({isinstance(key, str) for key in family.items}) == 1


def _is_unsure(value: Value) -> bool:
    """Whether it is lost, or a family that has lost a member."""
    return value is POISON or (isinstance(value, Family) and any(map(_is_unsure, value.items.values())))


@lru_cache(maxsize=4096)
def _bindings(definition: syntax.Definition) -> tuple[Mapping[str, Binds], frozenset[str], frozenset[str]]:
    """What binds each name first, those that broken statements bind, and all names."""
    bound: dict[str, Binds] = {}
    broken: set[str] = set()
    others = set(WORDS)
    for node in syntax.walk(definition):
        match node:
            case syntax.Binding(name=name) | syntax.Input(name=name):
                bound.setdefault(name, node)
            case syntax.Broken(names=names):
                broken.update(names)
            case syntax.Param(name=name):
                others.add(name)
            case syntax.For(variables=names) | syntax.Comprehension(variables=names):
                others.update(names)
            case syntax.Type():
                others.update(_symbols(node))
    return MappingProxyType(bound), frozenset(broken), frozenset((*bound, *others))


def _symbols(type: syntax.Type) -> Iterator[str]:
    """The names of sizes in a written type."""
    for node in syntax.walk(type):
        if isinstance(node, syntax.Name) and node.id[0].isupper():
            yield node.id
