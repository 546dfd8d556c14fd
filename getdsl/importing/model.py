"""A class's arguments as a child model: params where the spec has them, bindings written anew where not."""

from __future__ import annotations

from typing import Any

from getdsl.compiler.elaborate.faces import params_of
from getdsl.diagnostics import suggestion
from getdsl.grammar import syntax
from getdsl.importing.child import Child, ModelText, Wish, is_float, same
from getdsl.importing.classes import BINDINGS_OF, REASONS
from getdsl.importing.config import ConfigError, Items, Leaf, Table, inside
from getdsl.importing.ledger import Ledger, needed
from getdsl.importing.literals import literal, problem, unusable
from getdsl.importing.parent import NOT_CONSTANT, Bound, Parent

OBJECTIVE = ("loss", "metrics")
POOLS = ("SplitPool", "ATACSplitPool", "ATACSplitPoolMaxNorm")
POOL_NOTE = "GET ignores the method and takes the mean, which is what it trained with"
SHAPES = {"in_features": "follows from what the layer is applied to"}


class ModelImport:
    """One model of a config: `at` is the path of its arguments, such as `model.cfg`."""

    def __init__(self, ledger: Ledger, parent: Parent, at: str) -> None:
        self.ledger = ledger
        self.parent = parent
        self.at = at
        self.wishes: dict[str, Wish] = {}
        self.changes: dict[str, dict[str, str]] = {}
        self.changed: dict[str, list[tuple[str, str | None]]] = {}

    def run(self) -> ModelText:
        arguments = self.ledger.table(self.at)
        for name, node in arguments.entries.items():
            if name not in OBJECTIVE and isinstance(node, Table):
                self.block(name, node)
        self.pools()
        for name, node in arguments.entries.items():
            if name not in OBJECTIVE and isinstance(node, Leaf | Items):
                self.own(name)
        return Child(self.ledger, self.parent, self.wishes, self.changes, self.changed).text()

    # -- arguments of blocks

    def block(self, name: str, table: Table) -> None:
        path = inside(self.at, name)
        if name == "mask_token":
            self.mask_token(path, table)
            return
        targets = BINDINGS_OF.get(name, (name,))
        found = next((self.parent.bound[item] for item in targets if item in self.parent.bound), None)
        if found is None:
            if not any(item in self.parent.bindings for item in targets):
                self.ledger.none(path, f"{self.parent.name} has no `{name}`", "model")
            return
        for argument in table.entries:
            self.argument(found, inside(path, argument), argument)

    def argument(self, bound: Bound, path: str, name: str) -> None:
        argument = bound.argument(name)
        if argument is None:
            self.no_argument(bound, path, name)
            return
        value = needed(self.ledger.node(path), path)
        if name == "pool_method" and bound.block.name in POOLS:
            self.pool(bound, path, value)
            return
        self.check(path, argument.param, value, f"of {bound.block.name}")
        where = f"{bound.name}.{name}"
        if isinstance(argument.given, syntax.Name) and argument.given.id in self.parent.params:
            if self.wish(argument.given.id, path, value):
                return
        elif same(argument.constant(), value):
            self.ledger.default(path, where)
            return
        decimal = is_float(argument.param)
        self.change(bound.name, name, literal(value, decimal=decimal), path)

    def change(self, name: str, argument: str, text: str, path: str | None, note: str | None = None) -> None:
        self.changes.setdefault(name, {})[argument] = text
        if path is not None:
            self.changed.setdefault(name, []).append((path, note))

    def no_argument(self, bound: Bound, path: str, name: str) -> None:
        if name in SHAPES:
            self.ledger.default(path, f"{bound.name}: {SHAPES[name]}")
        elif name == "use_mean_pooling" and self.ledger.glance(path) is False:
            self.ledger.default(path, f"{bound.name}: the tokens, not their mean")
        elif name == "pool_method":
            self.ledger.none(path, f"{bound.block.name} has one way to pool", "model")
        elif f"*.{name}" not in REASONS and path not in REASONS:
            known = params_of(bound.block)
            near = suggestion(name, known)
            why = f"{bound.block.name} has no `{name}`" + (f"; {near}" if near else "")
            self.ledger.mark(path, "unknown", None, why, "model")

    def pool(self, bound: Bound, path: str, value: Any) -> None:
        if value == "mean":
            self.ledger.default(path, f"{bound.name}.pool_method")
        else:
            self.changed.setdefault(bound.name, []).append((path, POOL_NOTE))

    def pools(self) -> None:
        """Every pool takes the mean, whatever config and spec say."""
        for name, bound in self.parent.bound.items():
            argument = bound.argument("pool_method") if bound.block.name in POOLS else None
            if argument is not None and argument.constant() not in ("mean", NOT_CONSTANT):
                self.change(name, "pool_method", '"mean"', None)

    def mask_token(self, path: str, table: Table) -> None:
        found = self.parent.bindings.get("mask_token")
        if found is None:
            self.ledger.none(path, f"{self.parent.name} has no mask token", "model")
            return
        for name in table.entries.keys() & {"embed_dim", "std"}:
            at = inside(path, name)
            value = needed(self.ledger.node(at), at)
            if name == "embed_dim":
                self.wish("embed_dim", at, value)
            elif isinstance(value, int | float):
                self.spread(at, value, found)

    def spread(self, path: str, std: float, token: syntax.Binding) -> None:
        """How far the mask token's first values spread."""
        if f"trunc_normal({std})" in token.value.span.text:
            self.ledger.default(path, "mask_token: init = trunc_normal(…)")
            return
        text = f"Parameter([1, 1, embed_dim], init = trunc_normal({literal(std, decimal=True)}))"
        self.changes["mask_token"] = {"": text}
        self.changed["mask_token"] = [(path, None)]

    # -- arguments of the class itself

    def own(self, name: str) -> None:
        path = inside(self.at, name)
        param = self.parent.params.get(name)
        if param is None:
            self.not_read(name, path)
            return
        value = needed(self.ledger.node(path), path)
        if value is None and not param.type.optional:
            return
        self.check(path, param, value, f"of {self.parent.name}")
        if not self.wish(name, path, value):
            said = self.wishes[name]
            self.ledger.none(
                path, f"`{said.paths[0]}` says {literal(said.value)}, and GET reads that", "model"
            )

    def not_read(self, name: str, path: str) -> None:
        if f"*.{name}" in REASONS or path in REASONS:
            return
        value = self.ledger.glance(path)
        bound = [item.name for item in self.parent.bound.values() if item.argument(name) is not None]
        if name == "pool_method" or value in (None, False) or name in ("num_layers", "num_heads", "dropout"):
            self.ledger.none(path, f"{self.parent.name} does not read it", "model")
            return
        near = suggestion(name, self.parent.params)
        help = f"; {near}" if near else (f"; `{bound[0]}.{name}` is an argument" if bound else "")
        self.ledger.mark(path, "unknown", None, f"{self.parent.name} has no `{name}`{help}", "model")

    def wish(self, name: str, path: str, value: Any) -> bool:
        """Whether the param can take the value: False where something else was said of it before."""
        said = self.wishes.setdefault(name, Wish(value))
        if not same(said.value, value):
            return False
        said.paths.append(path)
        return True

    def check(self, path: str, param: syntax.Param, value: Any, whose: str) -> None:
        wanted = "a finite number" if unusable(value) else problem(param, value)
        if wanted is not None:
            raise ConfigError(
                self.ledger.place(path),
                f"`{path}` is {literal(value)}, and `{param.name}` {whose} is {wanted}",
                "correct the config, or set it on the command line: " + f"`{path}=…`",
            )
