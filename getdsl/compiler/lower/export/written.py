"""A model written in a format that runs without getdsl: held against the model first, whole or absent."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from getdsl.compiler.lower.export import onnx, pt2, standalone
from getdsl.compiler.lower.export.trials import Held
from getdsl.compiler.lower.model import Model
from getdsl.compiler.lower.package import manifest, written_whole

Format: TypeAlias = Literal["pt2", "onnx", "standalone"]
Write: TypeAlias = Callable[[Model, Path], tuple[Held, list[str]]]

FORMATS: Mapping[str, Write] = {
    "pt2": pt2.write_pt2,
    "onnx": onnx.write_onnx,
    "standalone": standalone.write_standalone,
}


@dataclass(frozen=True)
class Exported:
    """The files of an export, how it was held against the model, and the sizes that it has settled."""

    files: tuple[Path, ...]
    held: Held
    settled: tuple[str, ...]


def write_export(model: Model, folder: Path, format: Format) -> Exported:
    """Writes a model and its manifest into a folder, all or nothing; adapters are put onto their weights.

    What was written is run on batches of several sizes, and kept where its outputs are the model's. An
    earlier compile's folder is replaced. Raises UserError where something else stands there, where the
    model cannot be written so, and where its outputs are others.
    """
    with written_whole(folder) as aside:
        held, settled = FORMATS[format](model, aside)
        files = tuple(sorted(path.name for path in aside.iterdir() if path.name != "__pycache__"))
        record = manifest(model, aside, files) | {
            "format": f"getdsl/{format}",
            "compared": held.in_words(),
            "settled": settled,
        }
        (aside / "manifest.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return Exported(tuple(folder / name for name in (*files, "manifest.json")), held, tuple(settled))
