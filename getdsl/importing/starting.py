"""`finetune` of a config: where weights come from, what is adapted and what is frozen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from getdsl.compiler.graph.graph import StateTensor
from getdsl.importing import loading
from getdsl.importing.config import ConfigError, Items, Table
from getdsl.importing.ledger import Ledger
from getdsl.importing.literals import filled, quoted

PART = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\])*")
WORDS = {"if", "not", "true", "false", "none", "param", "input", "output"}  # that are no bare names
RANK, RANK_OF_CONVOLUTIONS = 8, 4  # of GET's minLoRA, with alpha 1
LORA_NOTE = "GET goes on training the base beside its adapters; `lora` freezes what it adapts"
DROP_NOTE = "GET reads it and never used it, so nothing is dropped: take it out to load as GET did"
LOADING: dict[str, tuple[str, tuple[Any, ...], str | None]] = {  # our name, what says nothing, and a note
    "model_key": ("key", (None, {}), None),
    "rename_config": ("replace", (None, {}), None),
    "patterns_to_drop": ("drop", (None, [], {}, ""), DROP_NOTE),
    "strict": ("strict", (None, True), None),
}


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
        found.loads += [main, *self.others()] if main else self.others()
        found.lora = self.lora(found)
        found.freeze = self.freeze()
        return found

    # -- load

    def load(self, at: str) -> list[str]:
        location = self.ledger.take(f"{at}.checkpoint")
        if location is None:
            self.no_load(at)
            return []
        lines = loading.load_of(self.ledger.table(at))
        elsewhere = str(location).startswith(("/", "~")) or "://" in str(location)
        note = None if elsewhere else "read beside the spec"
        self.ledger.written(f"{at}.checkpoint", "load", note, "load")
        for name, (ours, unsaid, note) in LOADING.items():
            if self.ledger.take(f"{at}.{name}") in unsaid:
                self.ledger.default(f"{at}.{name}", f"load.{ours}")
            else:
                self.ledger.written(f"{at}.{name}", f"load.{ours}", note, "load")
        return lines

    def no_load(self, at: str) -> None:
        for name in ("checkpoint", *LOADING):
            if self.ledger.take(f"{at}.{name}") not in (None, [], {}) and name != "strict":
                self.ledger.none(f"{at}.{name}", "no checkpoint is given", "load")
            else:
                self.ledger.default(f"{at}.{name}", "no load")

    def others(self) -> list[list[str]]:
        path = "finetune.additional_checkpoints"
        found = self.ledger.node(path)
        if not isinstance(found, Items):
            return []
        for number, item in enumerate(found.items):
            if not isinstance(item, Table):
                raise ConfigError(item.place, f"additional_checkpoints[{number}] is no table")
        tables = [item for item in found.items if isinstance(item, Table)]
        if tables:
            self.ledger.written(path, "load", _note(tables), "load")
        else:
            self.ledger.default(path, "no load")
        return [loading.load_of(item) for item in tables]

    # -- lora

    def lora(self, found: Starting) -> list[str]:
        on = self.ledger.take("finetune.layers_with_lora")
        adapter = self.ledger.take("finetune.lora_checkpoint")
        if self.ledger.take("finetune.use_lora") is not True:
            for name in ("use_lora", "layers_with_lora", "lora_checkpoint"):
                self.ledger.default(f"finetune.{name}", "no lora")
            return []
        node = self.ledger.node("finetune.layers_with_lora")
        names = loading.texts(on, node, "finetune.layers_with_lora")
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
        images, others = self.weights(names, 4), self.weights(names, 2)
        if not images or not others:
            return str(RANK_OF_CONVOLUTIONS if images else RANK)
        heads = dict.fromkeys(name.split(".")[0] for name in images)
        pairs = [f"{_part(head)} = {RANK_OF_CONVOLUTIONS}" for head in heads]
        return "{ " + ", ".join([*pairs, f'"*" = {RANK}']) + " }"

    def weights(self, names: list[str], axes: int) -> list[str]:
        """The weights of so many axes that one of GET's substrings covers."""
        found = [item for item in self.tensors if item.name.endswith("weight") and len(item.shape) == axes]
        return [item.name for item in found if any(name in item.name for name in names)]

    # -- freeze

    def freeze(self) -> list[str]:
        path = "finetune.patterns_to_freeze"
        names = loading.texts(self.ledger.take(path), self.ledger.node(path), path)
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


def _note(tables: Sequence[Table]) -> str | None:
    """What differs in several `load`s of GET's."""
    names = dict.fromkeys(name for table in tables for name in table.entries)
    left = ", ".join(f"`{name}`" for name in names if name not in loading.NAMES)
    notes = [DROP_NOTE] if "patterns_to_drop" in names else []
    return "; ".join([*notes, f"without {left}: a load has none like it"] if left else notes) or None


def _part(path: str) -> str:
    """A part of the model as settings name it: `encoder.blocks[0]`."""
    text = re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", path)
    right = PART.fullmatch(text) and not WORDS & set(path.split("."))
    return text if right else quoted(path)


def _covers(name: str, tensor: str) -> bool:
    return tensor == name or tensor.startswith(f"{name}.")
