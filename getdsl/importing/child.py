"""What a config's settings of the model make of a child of a shipped spec, as text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from getdsl.grammar import syntax
from getdsl.importing.ledger import Ledger
from getdsl.importing.literals import binding, literal
from getdsl.importing.parent import NOT_CONSTANT, Parent
from getdsl.text.source import squeezed


@dataclass
class Wish:
    """A param of the model that settings of the config set."""

    value: Any
    paths: list[str] = field(default_factory=list)


@dataclass
class ModelText:
    """What a child model says beyond its parent."""

    params: list[str] = field(default_factory=list)
    bindings: list[str] = field(default_factory=list)


@dataclass
class Child:
    """Params that are wished for, bindings with arguments that change, and the settings that say so."""

    ledger: Ledger
    parent: Parent
    wishes: dict[str, Wish]
    changes: dict[str, dict[str, str]]
    changed: dict[str, list[tuple[str, str | None]]]

    def text(self) -> ModelText:
        given = self.given()
        params = {name: self.parent.params[name] for name in given}
        rows = [
            (name, squeezed(param.type.span.text), literal(given[name], decimal=is_float(param)))
            for name, param in params.items()
        ]
        width = max(map(len, self.changes), default=0)
        bindings = [self.binding(name, width) for name in self.parent.bindings if name in self.changes]
        for name, changed in self.changed.items():
            self.tick_off(name, changed)
        return ModelText(_aligned(rows), bindings)

    def given(self) -> dict[str, Any]:
        """The wishes that the parent does not fulfil anyway, in the order of its params."""
        given: dict[str, Any] = {}
        for name in self.parent.params:
            wish = self.wishes.get(name)
            if wish is None:
                continue
            anyway = same(self.parent.values(given).get(name), wish.value)
            if not anyway:
                given[name] = wish.value
            for path in wish.paths:
                if anyway:
                    self.ledger.default(path, name)
                else:
                    self.ledger.written(path, f"param {name}", section="model")
        return given

    def tick_off(self, name: str, changed: list[tuple[str, str | None]]) -> None:
        """Notes what a binding's settings became: a part of it, or where it is not written anew, nothing."""
        for path, note in changed:
            if name in self.changes:
                self.ledger.written(path, name, note, section="model")
            else:
                self.ledger.none(path, note or "", "model")

    def binding(self, name: str, width: int) -> str:
        changes = self.changes[name]
        value = changes[""] if "" in changes else self.parent.bound[name].rewritten(changes)
        return binding(name.ljust(width), value)


def same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other) if one is not NOT_CONSTANT else False


def is_float(param: syntax.Param) -> bool:
    return "float" in param.type.span.text


def _aligned(rows: list[tuple[str, str, str]]) -> list[str]:
    """Params with their types and values in columns."""
    names = max((len(name) for name, _, _ in rows), default=0) + 1
    types = max((len(kind) for _, kind, _ in rows), default=0)
    return [f"    param {name + ':':<{names}} {kind:<{types}} = {value}" for name, kind, value in rows]
