"""A compiled spec on disk: a readable module, its weights, and a manifest."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import save_file

import getdsl
from getdsl.compiler.lower import adapter_file
from getdsl.compiler.lower.emit import emit
from getdsl.compiler.lower.model import Model
from getdsl.compiler.lower.repeats import Compared, repeats
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.diagnostics.listing import joined
from getdsl.formats.json_values import Json, plain
from getdsl.text.whole import whole_folder
from getdsl.weights.hashing import sha256_of

FORMAT = "getdsl/compiled"
FILES = ("model.py", "weights.safetensors", adapter_file.NAME, "manifest.json")  # adapters where there are
EXPORTED = ("weights.pt", "model.pt2", "model.onnx", "model.onnx.data")  # what other formats write


def write_package(compiled: Model, folder: Path) -> Compared:
    """Writes `model.py`, `weights.safetensors` and `manifest.json` into a folder, all or nothing.

    The adapters of a model go into `adapter.safetensors`, its weights stay without them.
    Before it is kept, the module is imported and its outputs compared with the model's. An earlier result of
    the same kind is replaced. Raises UserError where something else stands there, or where it cannot be
    written.
    """
    with written_whole(folder) as aside:
        adapted = bool(compiled.adaptation.adapters)
        emitted = emit(compiled.graph, doc_of(compiled.spec), adapted=adapted)
        (aside / "model.py").write_text(emitted.source, encoding="utf-8")
        save_file(state(compiled), aside / "weights.safetensors")
        if adapted:
            adapter_file.write_adapter(aside / adapter_file.NAME, compiled, alone=True)
        compared = repeats(compiled, aside / "model.py")
        record = manifest(compiled, aside, FILES[:-1]) | {
            "needs": list(emitted.needs),
            "compared": compared.in_words(),
        }
        (aside / "manifest.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    return compared


@contextmanager
def written_whole(folder: Path) -> Iterator[Path]:
    """A folder to write a compiled spec into, which replaces that of an earlier compile when all went well.

    Raises UserError where something else stands there, or where it cannot be written.
    """
    _refuse_foreign(folder)
    try:
        with whole_folder(folder) as aside:
            yield aside
    except OSError as error:
        raise UserError(
            f"cannot write `{folder}`: {(error.strerror or str(error)).lower()}",
            "nothing was left behind; make room or choose another folder",
        ) from error


def doc_of(spec: Spec) -> str:
    """What an emitted file says of itself first."""
    origin = spec.path.name if spec.path else "a spec"
    doc = f"{spec.model}, compiled by getdsl {getdsl.__version__} from {origin}."
    return f"{doc}\n\n{spec.doc}" if spec.doc else doc


def _refuse_foreign(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UserError(f"`{folder}` is a file", "name a folder that is new")
    strangers = sorted(
        item.name for item in folder.iterdir() if item.name not in (*FILES, *EXPORTED, "__pycache__")
    )
    if strangers:
        raise UserError(
            f"`{folder}` holds other files ({joined(strangers, shown=3)})", "name a folder that is new"
        )


def state(compiled: Model) -> dict[str, torch.Tensor]:
    """The state dict without adapters, each tensor with memory of its own."""
    adapters = tuple(f"{name}.lora_" for name in compiled.adaptation.adapters)
    return {
        name: tensor.detach().cpu().contiguous()
        for name, tensor in compiled.state_dict().items()
        if not name.startswith(adapters)
    }


def manifest(compiled: Model, folder: Path, files: Iterable[str]) -> dict[str, Json]:
    """What was compiled, from what, with what: enough to do it again and to tell whether `files` changed."""
    spec = compiled.spec
    return {
        "format": FORMAT,
        "format_version": 1,
        "model": spec.model,
        "doc": spec.doc,
        "spec": {
            "file": spec.path.name if spec.path else None,
            "text": spec.text,
            "sha256": _sha256(spec.text.encode()),
        },
        "params": plain(spec.params),
        "overrides": plain(spec.overrides),
        "inputs": {name: str(type) for name, type in spec.graph.inputs.items()},
        "outputs": {name: str(type.plain()) for name, type in spec.graph.output_types().items()},
        "weights": {
            tensor.name: {"shape": list(tensor.shape), "kind": tensor.kind} for tensor in spec.graph.tensors()
        },
        "blocks": {
            path: {"block": module.block, "params": plain(module.params)}
            for path, module in spec.graph.walk_modules()
        },
        "versions": {
            "getdsl": getdsl.__version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        },
        "loaded": [plain(file) for file in compiled.loaded],
        "adaptation": plain(compiled.adaptation.as_json()),
        "sha256": {name: sha256_of([folder / name]) for name in files if (folder / name).exists()},
    }


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
