"""Every shipped spec at a small size, with a batch that its loss takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

import getdsl
from getdsl.compiler.graph.dimensions import Dim
from tests.specs.batches import batch_for
from tests.specs.models import FEATURES, MODELS, MOTIFS
from tests.zoo.sizes import DIMS as ZOO_DIMS
from tests.zoo.sizes import SMALL as SMALL_ZOO

SPECS = Path(__file__).parents[2] / "specs"
NAMES = sorted(str(path.relative_to(SPECS).with_suffix("")) for path in SPECS.rglob("*.get"))
SMALL = {
    "my_model": {"embed_dim": 16, "num_heads": 2, "num_layers": 2, "num_motif": 6},
    "quickstart": {},
    **{f"zoo/{name}": params for name, params in SMALL_ZOO.items()},
}
DIMS = {"quickstart": {"L": 1000}, **{f"zoo/{name}": dims for name, dims in ZOO_DIMS.items()}}


@dataclass(frozen=True)
class Trial:
    name: str
    compiled: getdsl.Compiled
    batch: Mapping[str, Tensor]

    @property
    def trainable(self) -> set[str]:
        return {name for name, value in self.compiled.module.named_parameters() if value.requires_grad}

    def sizes(self) -> dict[str, int]:
        """What the symbols of the spec are for this batch."""
        found: dict[str, int] = {}
        inputs = self.compiled.prepare(self.batch)
        for name, type in self.compiled.spec.graph.inputs.items():
            for dim, size in zip(type.shape, inputs[name].shape, strict=True):
                for symbol in dim.symbols:
                    solved = dim.solve(symbol, Dim.of(size))
                    assert solved is not None
                    assert solved.value is not None
                    found[str(symbol)] = solved.value
        for symbol in {
            str(item) for item in self.compiled.spec.graph.symbols
        } - found.keys():  # the longest peak
            assert symbol.endswith("cut.S"), symbol
            found[symbol] = int(self.batch["peak_lengths"].max())
        return found


@cache
def trial(name: str, *, fuse: bool = False) -> Trial:
    path = SPECS / f"{name}.get"
    if name.startswith("get/"):
        plain = MODELS[path.stem]
        compiled = getdsl.compile(path, params=plain.params, seed=0, fuse=fuse)
        batch = {
            key: value.float() if value.is_floating_point() else value
            for key, value in batch_for(plain.kind, FEATURES, MOTIFS).items()
        }
    else:
        compiled = getdsl.compile(path, params=SMALL.get(name, {}), seed=0, fuse=fuse)
        batch = compiled.dummy_batch(**DIMS.get(name, {}))
    torch.manual_seed(0)
    return Trial(name, compiled, batch)
