"""`finetune` of a config: where weights come from, what is adapted and what is frozen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from getdsl.compiler.graph.graph import StateTensor
from getdsl.importing.config import ConfigError, Items, Table, Unresolved, plain
from getdsl.importing.ledger import Ledger
from getdsl.importing.literals import filled, literal, quoted

PART = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\])*")
WORDS = {"if", "not", "true", "false", "none", "param", "input", "output"}  # that are no bare names
RANK, RANK_OF_CONVOLUTIONS = 8, 4  # of GET's minLoRA, with alpha 1
LORA_NOTE = "GET goes on training the base beside its adapters; `lora` freezes what it adapts"
DROP_NOTE = "GET reads it and never used it, so nothing is dropped: take it out to load as GET did"


@dataclass
class Starting:
    """The lines of `load`, `lora` and `freeze`."""

    loads: list[list[str]] = field(default_factory=list)
    lora: list[str] = field(default_factory=list)
    freeze: list[str] = field(default_factory=list)


class StartingImport:
    """`tensors` are the model's, in order; none where no spec stands for the class."""

    def __init__(self, ledger: Ledger, tensors: Sequence[StateTensor]) -> None:
        self.ledger = ledger
        self.tensors = tensors

    def run(self) -> Starting:
        found = Starting()
        main = self.load("finetune")
        found.loads += [main] if main else []
        others = self.ledger.node("finetune.additional_checkpoints")
        if isinstance(others, Items):
            for number, item in enumerate(others.items):
                if isinstance(item, Table):
                    found.loads.append(self.load_of(item))
                else:
                    raise ConfigError(item.place, f"additional_checkpoints[{number}] is no table")
            if others.items:
                drops = any(
                    isinstance(item, Table) and "patterns_to_drop" in item.entries for item in others.items
                )
                note = DROP_NOTE if drops else None
                self.ledger.written("finetune.additional_checkpoints", "load", note, "load")
            else:
                self.ledger.default("finetune.additional_checkpoints", "no load")
        found.lora = self.lora(found)
        found.freeze = self.freeze()
        return found

    # -- load

    def load(self, at: str) -> list[str]:
        path = f"{at}.checkpoint"
        location = self.ledger.take(path)
        names = ("model_key", "rename_config", "patterns_to_drop", "strict")
        if location is None:
            for name in ("checkpoint", *names):
                if self.ledger.take(f"{at}.{name}") not in (None, [], {}) and name != "strict":
                    self.ledger.none(f"{at}.{name}", "no checkpoint is given", "load")
                else:
                    self.ledger.default(f"{at}.{name}", "no load")
            return []
        lines = self.load_of(self.ledger.table(at))
        note = (
            None if str(location).startswith(("/", "~")) or "://" in str(location) else "read beside the spec"
        )
        self.ledger.written(path, "load", note, "load")
        for name, ours in (("model_key", "key"), ("rename_config", "replace"), ("strict", "strict")):
            value = self.ledger.take(f"{at}.{name}")
            if value in (None, {}) or (name == "strict" and value is True):
                self.ledger.default(f"{at}.{name}", f"load.{ours}")
            else:
                self.ledger.written(f"{at}.{name}", f"load.{ours}", section="load")
        if self.ledger.take(f"{at}.patterns_to_drop"):
            self.ledger.written(f"{at}.patterns_to_drop", "load.drop", DROP_NOTE, "load")
        else:
            self.ledger.default(f"{at}.patterns_to_drop", "load.drop")
        return lines

    def load_of(self, table: Table) -> list[str]:
        """One `load`, from a table of GET's names."""
        values = {name: _plain(item) for name, item in table.entries.items()}
        location = values.get("checkpoint")
        if not isinstance(location, str) or not location:
            raise ConfigError(table.place, "`checkpoint` is a path or URL", "give the checkpoint's file")
        lines = []
        key = values.get("model_key")
        if key is not None:
            options = [item.strip() for item in str(key).split("|") if item.strip()]
            lines.append("    key    = " + " | ".join(quoted(item) for item in options))
        if values.get("strict") is False:
            lines.append("    strict = false")
        elif values.get("strict") not in (None, True):
            raise ConfigError(table.entries["strict"].place, "`strict` is true or false")
        dropped = _names(values.get("patterns_to_drop"), table, "patterns_to_drop")
        if dropped:
            lines.append("    drop   = [" + ", ".join(quoted(f"*{item}*") for item in dropped) + "]")
        lines += self.rules(values.get("rename_config"), table)
        if not lines:
            return [f"load {quoted(location)} {{}}"]
        return [f"load {quoted(location)} {{", *lines, "}"]

    def rules(self, rules: Any, table: Table) -> list[str]:
        if rules in (None, {}):
            return []
        if not isinstance(rules, dict):
            raise ConfigError(table.entries["rename_config"].place, "`rename_config` maps texts to texts")
        width = max(len(quoted(str(old))) for old in rules)
        rows = [
            f"        {quoted(str(old)):<{width}} -> {quoted('' if new is None else str(new))}"
            for old, new in rules.items()
        ]
        return ["    replace {", *rows, "    }"]

    # -- lora

    def lora(self, found: Starting) -> list[str]:
        on = self.ledger.take("finetune.layers_with_lora")
        adapter = self.ledger.take("finetune.lora_checkpoint")
        if self.ledger.take("finetune.use_lora") is not True:
            for name in ("use_lora", "layers_with_lora", "lora_checkpoint"):
                self.ledger.default(f"finetune.{name}", "no lora")
            return []
        node = self.ledger.node("finetune.layers_with_lora")
        names = _names(on, node, "finetune.layers_with_lora")
        patterns = self.patterns(names, "finetune.layers_with_lora", "lora", "lora.on")
        self.ledger.written("finetune.use_lora", "lora", LORA_NOTE, "load")
        if isinstance(adapter, str):
            found.loads.append([f"load {quoted(adapter)} {{}}"])
            self.ledger.written("finetune.lora_checkpoint", "load", "read after the base", "load")
        else:
            self.ledger.default("finetune.lora_checkpoint", "no adapters yet")
        if not patterns:
            return []
        return [f"lora {{ on = [{', '.join(patterns)}]  rank = {self.rank(names)}  alpha = 1 }}"]

    def rank(self, names: list[str]) -> str:
        """GET's ranks: 8, and 4 for two-dimensional convolutions, as a table where both are there."""
        adapted = [item for item in self.tensors if any(name in item.name for name in names)]
        images = [item.name for item in adapted if item.name.endswith("weight") and len(item.shape) == 4]
        others = [item.name for item in adapted if item.name.endswith("weight") and len(item.shape) == 2]
        if not images or not others:
            return str(RANK_OF_CONVOLUTIONS if images else RANK)
        heads = dict.fromkeys(name.split(".")[0] for name in images)
        pairs = [f"{_part(head)} = {RANK_OF_CONVOLUTIONS}" for head in heads]
        return "{ " + ", ".join([*pairs, f'"*" = {RANK}']) + " }"

    # -- freeze

    def freeze(self) -> list[str]:
        path = "finetune.patterns_to_freeze"
        names = _names(self.ledger.take(path), self.ledger.node(path), path)
        if not names:
            self.ledger.default(path, "nothing is frozen")
            return []
        patterns = self.patterns(names, path, "freeze", "freeze")
        return [filled(f"freeze = [{', '.join(patterns)}]")] if patterns else []

    def patterns(self, names: list[str], path: str, directive: str, becomes: str) -> list[str]:
        """GET's substrings of parameters' names as names, or globs where no name covers the same."""
        kept, left = [], []
        for name in names:
            pattern = self.pattern(name)
            if pattern is None:
                left.append(f"`{name}`")
            elif pattern not in kept:
                kept.append(pattern)
        note = (
            f"{', '.join(left)} {'matches' if len(left) == 1 else 'match'} nothing in this model"
            if left
            else None
        )
        if not names:
            self.ledger.default(path, f"no {directive}")
        elif kept:
            self.ledger.written(path, becomes, note, "load")
        else:
            self.ledger.none(path, f"{note}: no `{directive}`", "load")
        return kept

    def pattern(self, text: str) -> str | None:
        """What covers exactly the parameters whose name holds the text; None where none does."""
        if not self.tensors:
            return quoted(f"*{text}*")
        parameters = [item.name for item in self.tensors if item.kind != "buffer"]
        matched = [name for name in parameters if text in name]
        if not matched:
            return None
        bare = text.strip(".")
        if bare and all(_covers(bare, name) == (text in name) for name in parameters):
            return _part(bare)
        return quoted(f"*{text}*")


def _part(path: str) -> str:
    """A part of the model as settings name it: `encoder.blocks[0]`."""
    text = re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", path)
    right = PART.fullmatch(text) and not WORDS & set(path.split("."))
    return text if right else quoted(path)


def _covers(name: str, tensor: str) -> bool:
    return tensor == name or tensor.startswith(f"{name}.")


def _names(value: Any, node: Any, path: str) -> list[str]:
    if value is None:
        return []
    items = value if isinstance(value, list) else [value]
    wrong = [item for item in items if not isinstance(item, str) or not item]
    if wrong:
        place = node.place if node is not None else path
        raise ConfigError(place, f"`{path}` lists texts, and {literal(wrong[0])} is none")
    return [str(item) for item in items]


def _plain(node: Any) -> Any:
    value = plain(node)
    return None if isinstance(value, Unresolved) else value
