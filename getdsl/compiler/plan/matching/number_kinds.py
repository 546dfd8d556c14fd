"""What kinds of numbers a file may hold for a tensor of the model."""

from __future__ import annotations

from getdsl.compiler.graph.types import DType
from getdsl.weights.dtypes import TORCH

PLAIN = {written: name for name, written in TORCH.items()}  # a kind as torch calls it, by safetensors' name
ACCEPTED: dict[DType, tuple[str, ...]] = {  # what is copied value by value
    "float": ("float64", "float32", "float16", "bfloat16"),
    "int": ("int64", "int32", "int16", "int8", "uint8"),
    "bool": ("bool",),
}
OURS: dict[DType, str] = {"float": "float32", "int": "int64", "bool": "bool"}


def plain_kind(written: str) -> str:
    """`int8` of `I8`; the name as it is where torch has none."""
    return PLAIN.get(written, written)


def accepts(wanted: DType, written: str) -> bool:
    return plain_kind(written) in ACCEPTED[wanted]
