"""`loss` of a config, as what differs from the parent's terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from getdsl.compiler.elaborate.faces import params_of
from getdsl.compiler.program import library_definition
from getdsl.diagnostics import suggestion_or_list
from getdsl.grammar import syntax
from getdsl.importing.classes import INSTANTIATION, LOSSES, TARGETS, Loss
from getdsl.importing.config import ConfigError, Node, Table, inside, steps_of
from getdsl.importing.ledger import Ledger, one_key
from getdsl.importing.literals import literal, problem, term_lines, unusable
from getdsl.importing.parent import Parent
from getdsl.text.source import squeezed


@dataclass(frozen=True)
class Wanted:
    """A loss block with the options that differ from PyTorch's defaults."""

    block: str
    options: dict[str, Any]

    def text(self) -> str:
        return "".join(f", {name} = {literal(value)}" for name, value in self.options.items())


class LossImport:
    """`losses` are the parent's terms, less those that the config does not have."""

    def __init__(self, ledger: Ledger, parent: Parent | None) -> None:
        self.ledger = ledger
        self.parent = parent
        self.losses = parent.terms("loss") if parent is not None else {}

    def run(self, homes: tuple[str, ...]) -> list[str]:
        """The lines of the section; `homes` are the paths that it may stand under."""
        at = home(self.ledger, homes, "loss")
        return self.loss(at) if at is not None else []

    def loss(self, at: str) -> list[str]:
        components = self.ledger.table(f"{at}.components")
        weights = self.ledger.table(f"{at}.weights")
        rows = [self.row(at, name, node) for name, node in components.entries.items()]
        for name in weights.entries.keys() - components.entries.keys():
            why = one_key(name) or f"the loss has no component `{name}`"
            self.ledger.none(inside(f"{at}.weights", name), why, "loss")
        return [*term_lines([row for row in rows if row is not None]), *self.left_out(components)]

    def left_out(self, components: Table) -> list[str]:
        """The parent's terms that a loss with others has not."""
        gone = [name for name in self.losses if components.entries and name not in components.entries]
        for name in gone:
            del self.losses[name]
        return [f"    remove {name}  # not in the config" for name in gone]

    def row(self, at: str, name: str, node: Node) -> tuple[str, str, str] | None:
        """A term's name, value and weight, where it differs from the parent's."""
        path, weight_path = inside(f"{at}.components", name), inside(f"{at}.weights", name)
        weight = self.weight(weight_path)
        wanted = self.wanted(path, node)
        if wanted is None:
            self.ledger.none(weight_path, "it weighs a term that is left as it is", "loss")
            return None
        return self.term(name, path, weight_path, wanted, weight)

    def weight(self, path: str) -> float:
        value = self.ledger.take(path)
        if value is None:
            return 1
        right = isinstance(value, int | float) and not isinstance(value, bool)
        if not right or unusable(value) or value < 0:
            raise ConfigError(
                self.ledger.place(path), f"`{path}` is {literal(value)}, and a weight is a number from 0 on"
            )
        return float(value) if isinstance(value, float) else int(value)

    def wanted(self, path: str, node: Any) -> Wanted | None:
        """The block of a component; None, with a line in the ledger, where there is none."""
        target = self.ledger.take(f"{path}._target_") if isinstance(node, Table) else self.ledger.take(path)
        name = str(target or "").rpartition(".")[2]
        if name not in LOSSES:
            self.no_loss(path, target, name)
            return None
        found = Wanted(LOSSES[name].block, {})
        for option in node.entries if isinstance(node, Table) else ():
            if option not in INSTANTIATION:
                self.option(inside(path, option), LOSSES[name], option, found)
        return found

    def no_loss(self, path: str, target: Any, name: str) -> None:
        near = suggestion_or_list(name, LOSSES, "known losses")
        component = steps_of(path)[-1]
        stays = f"; the term of {self.parent.name} stays" if self.parent and component in self.losses else ""
        self.ledger.none(path, f"`{target}` has no counterpart; {near}{stays}", "loss")

    def option(self, path: str, loss: Loss, name: str, found: Wanted) -> None:
        """Puts an option of a loss into what is wanted, where it says more than the defaults."""
        value = self.ledger.take(path)
        if name == "reduction":
            if value != "mean":
                self.ledger.none(path, "a term is the mean over what it selects", "loss")
        elif name not in loss.defaults or (name in loss.fixed and value != loss.defaults[name]):
            self.ledger.none(path, f"{loss.block} has no option like it", "loss")
        elif value != loss.defaults[name]:
            found.options[name] = self.checked(path, loss.block, name, value)

    def checked(self, path: str, block: str, name: str, value: Any) -> Any:
        definition = library_definition(block)
        assert definition is not None
        param = params_of(definition)[name]
        wanted = "a finite number" if unusable(value) else problem(param, value)
        if wanted is not None:
            raise ConfigError(
                self.ledger.place(path), f"`{path}` is {literal(value)}, and `{name}` of {block} is {wanted}"
            )
        return value

    def term(
        self, name: str, path: str, weight_path: str, wanted: Wanted, weight: float
    ) -> tuple[str, str, str] | None:
        own = self.losses.get(name)
        if own is None and self.parent is not None:
            names = ", ".join(f"`{item}`" for item in self.losses)
            why = (
                f"{self.parent.name} has no such term, and the config does not say what it compares ({names})"
            )
            self.ledger.none(path, why, "loss")
            self.ledger.none(weight_path, why, "loss")
            return None
        if own is None and not name.isidentifier():
            self.ledger.none(path, "no term can have this name", "loss")
            self.ledger.none(weight_path, "no term can have this name", "loss")
            return None
        if own is None:
            target = TARGETS.get(name, name)
            value = f"{wanted.block}({name}, batch.{target}{wanted.text()})"
            self.note(path, weight_path, "loss", "the target's name is a guess")
            return name, value, _weight(weight)
        same, value = _replaced(own, wanted)
        if same and _number(own.weight) == weight:
            self.ledger.default(path, f"loss.{name}")
            self.ledger.default(weight_path, f"loss.{name}")
            return None
        if own.where is not None:
            value += f" where {squeezed(own.where.span.text)}"
        self.note(path, weight_path, "loss", None)
        return name, value, _weight(weight)

    def note(self, path: str, weight_path: str, section: str, note: str | None) -> None:
        becomes = f"loss.{steps_of(path)[-1]}"
        self.ledger.written(path, becomes, note, section)
        self.ledger.written(weight_path, f"{becomes}, its weight", None, section)


def home(ledger: Ledger, homes: tuple[str, ...], name: str) -> str | None:
    """The first path that a section stands at."""
    paths = [f"{outer}.{name}" if outer else name for outer in homes]
    return next((path for path in paths if ledger.has(path)), None)


def _number(expr: syntax.Expr | None) -> float:
    return expr.value if isinstance(expr, syntax.Number) else 1


def _weight(value: float) -> str:
    return "" if value == 1 else f"weight {literal(value)}"


def _replaced(term: syntax.Setting, wanted: Wanted) -> tuple[bool, str]:
    """Whether a term computes what is wanted already, and its text where it does."""
    call = term.value
    whole = squeezed(call.span.text)
    if not isinstance(call, syntax.Call) or not isinstance(call.callee, syntax.Name):
        return False, whole
    options = {item.name: item.value.span.text for item in call.keywords}
    asked = {name: literal(value) for name, value in wanted.options.items()}
    if call.callee.id == wanted.block and options == asked:
        return True, whole
    inputs = ", ".join(item.span.text for item in call.args)
    return False, squeezed(f"{wanted.block}({inputs}{wanted.text()})")
