"""A run's best weights, spec, card and hashes in a folder that can be put on a hub as it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from getdsl import __version__
from getdsl.diagnostics import UserError
from getdsl.formats.json_values import Json
from getdsl.runs.opened.options import DEFAULTS, Options
from getdsl.runs.opened.session import Session
from getdsl.runs.publish.card import Figures, card
from getdsl.runs.publish.names import names_for
from getdsl.runs.run_folder.checkpoint import Checkpoint, write_checkpoint
from getdsl.text.opener import read_text
from getdsl.text.whole import whole_folder
from getdsl.weights.hashing import sha256_of
from getdsl.weights.hub import FILE

OURS = frozenset({FILE, "spec.get", "README.md", "getdsl.json"})
MOST = 1 << 24  # bytes of a run's figures


@dataclass(frozen=True)
class About:
    license: str = "unknown"
    author: str = "its authors"


def publish(path: Path, output: Path, about: About, options: Options = DEFAULTS) -> tuple[Path, ...]:
    """Writes the folder, whole or not at all, and returns its files. Raises UserError and SpecError.

    `model.safetensors` is a checkpoint that `predict`, `compile` and `load` take, without what a run needs
    to go on. A spec that runs Python of the user's own is refused: no hub could run it.
    """
    _refuse_taken(output, overwrite=options.overwrite)
    with Session.open(path, options) as session:
        spec, checkpoint = session.spec, session.stored.checkpoint
        if spec.foreign_code:
            raise UserError(
                f"{spec.model} runs Python of its own, which a published folder does not carry",
                "`getdsl compile --format standalone` writes it into one file",
            )
        with whole_folder(output) as aside:
            named = names_for(spec, checkpoint.record)
            write_checkpoint(aside / FILE, Checkpoint(named.record(checkpoint.record), checkpoint.weights))
            text = named.text(_spec_text(path, spec.text))
            (aside / "spec.get").write_text(text, encoding="utf-8")
            sha256 = sha256_of([aside / FILE])
            figures = _figures(path)
            told = card(spec, checkpoint.record, figures, about.license, about.author, sha256)
            (aside / "README.md").write_text(told, encoding="utf-8")
            record: dict[str, Json] = {
                "format": "getdsl/published",
                "getdsl": __version__,
                "model": spec.model,
                "license": about.license,
                "author": about.author,
                "sha256": {name: sha256_of([aside / name]) for name in (FILE, "spec.get")},
                "data": checkpoint.record["data"]["sha256"],
                "figures": cast(Json, figures),
            }
            (aside / "getdsl.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return tuple(output / name for name in sorted(OURS))


def _refuse_taken(output: Path, *, overwrite: bool) -> None:
    if not output.exists():
        return
    if not overwrite:
        raise UserError(f"`{output}` exists already", "name another, or add `--overwrite`")
    if not output.is_dir() or not {item.name for item in output.iterdir()} <= OURS:
        raise UserError(f"`{output}` holds other files, so it is not overwritten", "name another place")


def _spec_text(path: Path, text: str) -> str:
    """The resolved spec of a run's folder, which needs no other file; else the checkpoint's own text."""
    resolved = path / "spec.get"
    return read_text(resolved, MOST) if resolved.is_file() else text


def _figures(path: Path) -> Figures:
    """What the run's folder says of the model and of a baseline; nothing where there is none."""
    measured = path / "metrics.json"
    if not measured.is_file():
        return {}
    found = json.loads(read_text(measured, MOST))
    return {name: found[name] for name in ("split", "samples", "model", "baseline") if name in found}
