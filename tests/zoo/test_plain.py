"""The zoo beside plain PyTorch, written from papers and published files, through the page's `load`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

import getdsl
from tests.zoo.packages import dna
from tests.zoo.plain.basenji import akita, basenji2
from tests.zoo.plain.drawn import Drawn, KerasDrawn
from tests.zoo.plain.malinois import malinois
from tests.zoo.plain.orca import orca
from tests.zoo.plain.sei import sei
from tests.zoo.published import loaded
from tests.zoo.sizes import SMALL

Sizes = Mapping[str, Any]
SPECS = Path(__file__).parents[2] / "specs" / "zoo"


@dataclass(frozen=True)
class Published:
    """The page's example, the plain model with what it must be told, the DNA's length, the spec's params."""

    example: str
    plain: Callable[[Any, Tensor, Sizes], dict[str, Tensor]]
    layers: type[Drawn]
    length: int
    told: Sizes
    params: Sizes = field(default_factory=dict)


PUBLISHED = {  # DNA as long as dilations reach, which in the plain models are the papers'
    "akita": Published(
        "PublishedAkita",
        akita,
        KerasDrawn,
        2048 * 52,
        {"depth": 8, "map_depth": 6},
        {"tower": 11, "width": 4},
    ),
    "basenji2": Published("PublishedBasenji2", basenji2, KerasDrawn, 8 * 76, {"widths": [7, 8], "depth": 11}),
    "malinois": Published(
        "PublishedMalinois", malinois, Drawn, 600, {"num_outputs": 3, "branched_layers": 3}
    ),
    "sei": Published("PublishedSei", sei, Drawn, 640, {}),
    "orca": Published("PublishedOrca", orca, Drawn, 20_000, {}),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_outputs(name: str, tmp_path: Path) -> None:
    case = PUBLISHED[name]
    layers, sequence = case.layers(seed=3), dna(2, case.length, seed=4)
    sizes = SMALL[name] | dict(case.params)
    with torch.no_grad():
        want = case.plain(layers, sequence.transpose(1, 2), sizes | dict(case.told))
        got = loaded(case.example, layers.weights, sizes, tmp_path).module(sequence=sequence)
    assert got.keys() == want.keys()
    for key, tensor in want.items():
        assert tensor.std() > 1e-2
        torch.testing.assert_close(got[key], tensor, rtol=1e-4, atol=2e-5)


COUNTS = {  # as published; Orca's without the head for chromatin, which its files lack
    "akita": 746_149,
    "basenji2": 30_088_228,
    "borzoi": 190_902_667,
    "deeptopic": 11_694_160,
    "dilated_cnn": 6_320_659,
    "malinois": 4_107_183,
    "orca": 4_769_429,
    "procapnet": 6_416_387,
    "sei": 889_979_983,
}
BESIDE = {"orca": ("final_1d", "head_1d")}


@pytest.mark.parametrize("name", COUNTS)
def test_weights_at_the_published_size(name: str) -> None:
    spec = getdsl.check(SPECS / f"{name}.get").spec
    assert spec is not None
    beside = BESIDE.get(name, ())
    weights = [t for t in spec.graph.tensors() if t.kind == "weight" and not t.name.startswith(beside or "-")]
    assert sum(tensor.size for tensor in weights) == COUNTS[name]
