"""YAML files in, a checked `.get` text out, with the fate of every setting."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from getdsl.compiler.check import check_text
from getdsl.compiler.graph.graph import StateTensor
from getdsl.compiler.spec import Checked
from getdsl.formatter import formatted
from getdsl.importing.classes import GUIDE, REASONS, SECTION_OF, SPEC_OF
from getdsl.importing.compose import Composed, compose, read_override
from getdsl.importing.compose.overrides import Override
from getdsl.importing.config import ConfigError, Leaf, Place, Table
from getdsl.importing.dataset import DatasetImport
from getdsl.importing.interpolate import resolve
from getdsl.importing.layout import Parts, lay_out
from getdsl.importing.ledger import Entry, Ledger
from getdsl.importing.loss import LossImport
from getdsl.importing.metrics import MetricsImport
from getdsl.importing.model import ModelImport
from getdsl.importing.parent import Parent
from getdsl.importing.starting import StartingImport
from getdsl.importing.training import TrainingImport

MADE = "the imported spec"
GENERIC = ("config", "model", "run", "dataset", "machine", "training", "finetune", "optimizer")


@dataclass(frozen=True)
class Imported:
    """A spec made from a config. `gap` names the class that no spec stands for; then it cannot check."""

    text: str
    files: tuple[str, ...]
    entries: tuple[Entry, ...]
    target: str | None
    use: str | None
    model: str | None
    gap: str | None
    checked: Checked | None


def import_config(paths: Sequence[Path], settings: Sequence[str] = ()) -> Imported:
    """The spec of one or several configs, `settings` as Hydra's command line has them.

    Raises ConfigError where a file cannot be read or composed, or a value cannot be what it is. What the
    checker says of the result stands in `checked`.
    """
    composed = _composed(paths, [read_override(item) for item in settings])
    ledger = Ledger(composed.root, sections=SECTION_OF)
    hidden = _of_hydra(composed.skipped)
    target, at = _model_of(ledger)
    parent = _parent(target)
    parts = _parts(ledger, parent, target, at, tuple(composed.files))
    tensors: tuple[StateTensor, ...] = ()
    if parent is not None and ledger.has("finetune"):  # whose patterns mean tensors of the model
        text = lay_out(parts, [])
        checked = check_text(text, MADE)
        if checked.spec is None:
            return _imported(parts, text, ledger.ordered(), checked)
        tensors = tuple(checked.spec.graph.tensors())
    parts.starting = StartingImport(ledger, tensors).run()
    parts.data = DatasetImport(ledger, parent).run()
    if parent is None:
        ledger.none(at if ledger.has(at) else "model", "it belongs to the class, which has no spec", "model")
    ledger.finish(REASONS)
    entries = [*ledger.ordered(), *hidden]
    text = lay_out(parts, entries)
    if parent is None:
        return _imported(parts, text, entries, None)
    checked = check_text(text, MADE)
    return _imported(parts, formatted(text, MADE) if checked.ok else text, entries, checked)


def _of_hydra(skipped: Sequence[tuple[Place, str]]) -> list[Entry]:
    """Entries of defaults lists that say how Hydra itself works."""
    paths = [f"defaults.{text.split(':')[0].replace('/', '.')}" for _, text in skipped]
    return [
        Entry(path, text, place, "none", None, "Hydra's own")
        for path, (place, text) in zip(paths, skipped, strict=True)
    ]


def _parts(
    ledger: Ledger, parent: Parent | None, target: str | None, at: str, files: tuple[str, ...]
) -> Parts:
    """All that does not depend on the model's tensors."""
    parts = Parts(files=files, target=target)
    if parent is not None:
        parts.use, parts.parent = parent.use, parent.name
        parts.body = ModelImport(ledger, parent, at).run()
        parts.model = _name(ledger, parent, Path(files[0]))
    homes = tuple(dict.fromkeys([at, "model.cfg", "model", ""]))
    loss = LossImport(ledger, parent)
    parts.loss = loss.run(homes)
    parts.metrics = MetricsImport(ledger, parent, loss.losses).run(homes)
    parts.training = TrainingImport(ledger).run()
    return parts


def _imported(parts: Parts, text: str, entries: Sequence[Entry], checked: Checked | None) -> Imported:
    gap = None if parts.use is not None else parts.target or "the model"
    return Imported(text, parts.files, tuple(entries), parts.target, parts.use, parts.model, gap, checked)


def _composed(paths: Sequence[Path], overrides: Sequence[Override]) -> Composed:
    found = compose(paths, overrides)
    resolve(found.root)
    if not found.root.entries:
        raise ConfigError(
            found.root.place, "the config is empty", "give a config with `model: {_target_: …}` in it"
        )
    return found


def _model_of(ledger: Ledger) -> tuple[str | None, str]:
    """The class that the config names, and the path of its arguments."""
    node = ledger.node("model._target_")
    at = "model.cfg" if isinstance(ledger.node("model.cfg"), Table) else "model"
    for name in ("_convert_", "_recursive_", "_partial_"):
        ledger.default(f"model.{name}", "nothing is instantiated")
    if node is None:
        return None, at
    if not isinstance(node, Leaf) or not isinstance(node.value, str):
        raise ConfigError(
            node.place, "`model._target_` names a class", "for example `get_model.model.model.GETFinetune`"
        )
    ledger.written("model._target_", "extends", section="model")
    return node.value, at


def _parent(target: str | None) -> Parent | None:
    """The spec of a known class; the class itself is never imported."""
    module, _, name = (target or "").rpartition(".")
    if name in SPEC_OF and module.split(".")[0] in ("", "get_model"):
        return Parent(f"getdsl:get/{SPEC_OF[name]}.get")
    return Parent("getdsl:my_model.get") if name == GUIDE else None


def _name(ledger: Ledger, parent: Parent, primary: Path) -> str:
    """A model's name from the run's, else the file's, that nothing else has."""
    said = ledger.glance("run.run_name")
    stem = primary.stem if primary.stem.lower() not in GENERIC else ""
    for text in (str(said) if isinstance(said, str) else "", stem):
        words = re.findall(r"[A-Za-z0-9]+", text)
        name = "".join(word[0].upper() + word[1:] for word in words)
        if name and not name[0].isdigit():
            if isinstance(said, str) and text == said:
                ledger.written("run.run_name", "the model's name", section="train")
            return name if name not in parent.taken_names() else f"{name}Run"
    return f"{parent.name}Run"


def fates(entries: Sequence[Entry]) -> Mapping[str, int]:
    """How many settings met each fate."""
    kinds = ("written", "default", "none", "unknown")
    return {kind: sum(item.fate == kind for item in entries) for kind in kinds}


__all__ = ["ConfigError", "Imported", "Place", "fates", "import_config"]
