"""A checkpoint such as GET published: the old names, twelve layers, full size, and no values."""

from __future__ import annotations

import json
import math
from pathlib import Path

from getdsl.compiler.check import check

SPECS = Path(__file__).parents[2] / "specs"
OLD = {
    "encoder.blocks.": "blocks.",
    "encoder.norm.": "fc_norm.",
    "region_embed.embed.": "region_embed.proj.",
    "head_exp.head.": "head.",
}


def write_v1(path: Path) -> None:
    """A sparse safetensors file of the region model's tensors under their old names, and a mask's."""
    spec = check(SPECS / "get/region_finetune.get").spec
    assert spec is not None
    tensors = {_old(tensor.name): tensor.shape for tensor in spec.graph.tensors()}
    tensors["head_mask.weight"] = (283, 768)
    header: dict[str, object] = {}
    end = 0
    for key, shape in tensors.items():
        size = 4 * math.prod(shape)
        header[key] = {"dtype": "F32", "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + end)


def _old(name: str) -> str:
    for ours, theirs in OLD.items():
        name = name.replace(ours, theirs)
    return name
