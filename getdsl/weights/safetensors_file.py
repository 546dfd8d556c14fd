"""Headers of safetensors files, read by their own library, which holds every offset against the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from getdsl.formats.checkpoint_header import TensorInfo
from getdsl.weights.errors import damaged

LONGEST_AXIS = 2**48  # the library lets any axis pass beside one of length 0


@dataclass(frozen=True)
class Content:
    """`places`: the name in the file of each tensor, which for a tied one is another's."""

    tensors: Mapping[str, TensorInfo]
    metadata: Mapping[str, str]
    places: Mapping[str, str]


def read_content(path: Path) -> Content:
    """Raises CheckpointError where the header is damaged or does not fit the file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            tensors = {}
            for name in file.keys():  # noqa: SIM118
                part = file.get_slice(name)
                tensors[name] = TensorInfo(tuple(part.get_shape()), str(part.get_dtype()))
                if max(tensors[name].shape, default=0) > LONGEST_AXIS:
                    raise damaged(path, f"its tensor `{name}` claims the shape {part.get_shape()}")
            return _with_tied(tensors, file.metadata() or {})
    except (SafetensorError, OSError, ValueError, OverflowError) as error:
        raise damaged(path, _sentence(error)) from error


def _with_tied(tensors: Mapping[str, TensorInfo], metadata: Mapping[str, str]) -> Content:
    """`safetensors.torch.save_model` keeps one of tensors that share memory, and notes the others' names."""
    tied = {name: kept for name, kept in metadata.items() if name not in tensors and kept in tensors}
    places = {name: name for name in tensors} | tied
    return Content({name: tensors[kept] for name, kept in places.items()}, metadata, places)


def _sentence(error: Exception) -> str:
    """The reader's own words, without the wrapping: `HeaderTooSmall`, `MetadataIncompleteBuffer` …"""
    text = str(error).removeprefix("Error while deserializing header: ").splitlines()[0].rstrip(".")
    known = {
        "header too small": "it ends within its header",
        "header too large": "its header claims an absurd size",
        "invalid header length": "its header is longer than the file",
        "incomplete metadata": "it is truncated, or its header does not fit its content",
        "MetadataIncompleteBuffer": "it is truncated, or its header does not fit its content",
    }
    for words, sentence in known.items():
        if words.replace(" ", "").lower() in text.replace(" ", "").lower():
            return sentence
    return f"its header cannot be read ({text[:1].lower()}{text[1:]})"
