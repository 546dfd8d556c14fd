"""Adapters in a file of their own, without the weights that they adapt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from getdsl.compiler.lower import low_rank
from getdsl.compiler.lower.adaptation import Adaptation
from getdsl.compiler.lower.low_rank import LowRankSettings
from getdsl.compiler.lower.model import Model
from getdsl.diagnostics import UserError
from getdsl.formats.checkpoint_header import LoadRequest
from getdsl.text.whole import whole_file
from getdsl.weights.header import read_header
from getdsl.weights.tensors import open_tensors
from getdsl.weights.write_ours import write_ours

NAME = "adapter.safetensors"
PARTS = ("lora_A", "lora_B")
Shape = tuple[int, ...]


@dataclass(frozen=True)
class AdapterFile:
    """Adapters by the weights that they adapt, and all tensors of the file.

    Their matrices are called `X.weight.lora_A` and `X.weight.lora_B`; the others are weights of the model.
    """

    settings: Mapping[str, LowRankSettings]
    tensors: Mapping[str, Tensor]


def write_adapter(path: Path, compiled: Model, *, alone: bool = False) -> None:
    """Writes what a fine-tuned model has over its base, as small as it is.

    That is its adapters with their ranks, and unless they are to stand `alone` also what learned beside them:
    weights that are not frozen, such as biases, norms and a new head, and the buffers of parts that are not.
    Frozen weights, those under an adapter among them, stay out. `lora { adapter = "…" }` and
    `getdsl evaluate --adapter` read the file; it notes the hashes of the files that the base was loaded from.
    Raises UserError where the model has no adapters, or where the file cannot be written.
    """
    settings = compiled.adaptation.adapters
    if not settings:
        raise UserError("the model has no adapters to write", "add `lora { on = […] }` to its spec")
    state = compiled.state_dict()
    names = [f"{name}.{part}" for name in settings for part in PARTS]
    names += [] if alone else _learned(compiled)
    record = {
        "holds": "adapters",
        "adaptation": Adaptation(settings).as_json(),
        "model": compiled.spec.model,
        "base": list(compiled.loaded),
    }
    try:
        with whole_file(path) as aside:
            write_ours(aside, {name: state[name] for name in names}, record)
    except OSError as error:
        raise UserError(f"cannot write `{path}`: {(error.strerror or str(error)).lower()}") from error


def _learned(compiled: Model) -> list[str]:
    """The weights of the base that learn, and the buffers that move."""
    adaptation = compiled.adaptation
    still = (*adaptation.frozen, *adaptation.adapters)
    parts = tuple(f"{part}." for part in adaptation.frozen_parts)
    return [
        tensor.name
        for tensor in compiled.spec.graph.tensors()
        if tensor.kind != "frozen" and tensor.name not in still and not tensor.name.startswith(parts)
    ]


def read_adapter(path: Path) -> AdapterFile:
    """A file that `write_adapter` wrote, in memory of its own. Raises UserError."""
    header = read_header(LoadRequest(str(path)))
    settings = Adaptation.of_json(header.record.get("adaptation", {})).adapters
    holds_all = all(f"{name}.{part}" in header.tensors for name in settings for part in PARTS)
    if header.record.get("holds") != "adapters" or not settings or not holds_all:
        raise UserError(
            f"`{path}` is not an adapter file of getdsl",
            'name the `adapter.safetensors` of a run, or write `lora { adapter = "…" }` in a spec for others',
        )
    with open_tensors(header) as tensors:
        return AdapterFile(settings, {name: tensors[name].clone() for name in header.tensors})


def attach_adapters(model: nn.Module, path: Path) -> None:
    """Puts the adapters of a file on a model. Raises UserError, before any change, where they do not fit."""
    _put(model, read_adapter(path), path)


def use_adapter(compiled: Model, path: Path) -> None:
    """Puts the adapters of a file on a compiled model, in the place of those that it has.

    Raises UserError, before any change, where they do not fit it, or where it has others than these.
    """
    file = read_adapter(path)
    present: Mapping[str, LowRankSettings] = compiled.adaptation.adapters
    if present and present != file.settings:
        raise UserError(
            f"the model has {len(present)} adapters of its own, and they are not those of `{path}`",
            "take a checkpoint without adapters, or an adapter file of the same `lora`",
        )
    _put(compiled.module, file, path)
    compiled.note_adapters(file.settings)


def _put(model: nn.Module, file: AdapterFile, path: Path) -> None:
    state = low_rank.state_of(model)
    shapes = {name: tuple(tensor.shape) for name, tensor in state.items()}
    _refuse_strangers(file, shapes | _adapter_shapes(file, shapes), path)
    for name, settings in file.settings.items():
        if f"{name}.{PARTS[0]}" not in state:
            low_rank.attach(model, name, settings, seed=0)  # and not from the global generator
    low_rank.load_state(model, low_rank.state_of(model) | dict(file.tensors))


def _adapter_shapes(file: AdapterFile, shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """What the matrices of the file's adapters must be on weights of these shapes."""
    found: dict[str, Shape] = {}
    for name, settings in file.settings.items():
        if name in shapes:
            pair = low_rank.adapter_shapes(shapes[name], settings.rank)
            found |= {f"{name}.{part}": shape for part, shape in zip(PARTS, pair, strict=True)}
    return found


def _refuse_strangers(file: AdapterFile, shapes: Mapping[str, Shape], path: Path) -> None:
    for name, tensor in file.tensors.items():
        weight = name.removesuffix(f".{PARTS[0]}").removesuffix(f".{PARTS[1]}")
        if name not in shapes:
            raise UserError(f"`{path}` is for a model with `{weight}`, which this one does not have")
        if tuple(tensor.shape) != shapes[name]:
            raise UserError(
                f"`{path}` is for another `{weight}` than the model's, which is {list(shapes[weight])}"
            )
