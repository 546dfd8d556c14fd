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
from tests.zoo.plain.aparent2 import aparent2
from tests.zoo.plain.basenji import akita, basenji2
from tests.zoo.plain.danq import danq
from tests.zoo.plain.drawn import Drawn, KerasDrawn
from tests.zoo.plain.epinformer import epinformer
from tests.zoo.plain.hyena import hyena
from tests.zoo.plain.malinois import malinois
from tests.zoo.plain.orca import orca
from tests.zoo.plain.puffin import puffin
from tests.zoo.plain.saluki import saluki
from tests.zoo.plain.scbasset import scbasset
from tests.zoo.plain.sei import sei
from tests.zoo.published import converted, loaded
from tests.zoo.sizes import SMALL

Sizes = Mapping[str, Any]
SPECS = Path(__file__).parents[2] / "specs" / "zoo"


@dataclass(frozen=True)
class Published:
    """The page's example, the plain model with what it must be told, the DNA's length, the spec's params.

    `beside` are shapes of further inputs, one sample's; `script` says that the page converts the file first.
    """

    example: str
    plain: Callable[[Any, Tensor, Sizes], dict[str, Tensor]]
    layers: type[Drawn]
    length: int
    told: Sizes
    params: Sizes = field(default_factory=dict)
    beside: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    script: bool = False


PUBLISHED = {  # DNA as long as dilations reach, which in the plain models are the papers'
    "akita": Published(
        "PublishedAkita",
        akita,
        KerasDrawn,
        2048 * 52,
        {"depth": 8, "map_depth": 6},
        {"tower": 11, "width": 4},
    ),
    "aparent2": Published(
        "PublishedAPARENT2", aparent2, KerasDrawn, 205, {}, beside={"library": (3,)}, script=True
    ),
    "basenji2": Published("PublishedBasenji2", basenji2, KerasDrawn, 8 * 76, {"widths": [7, 8], "depth": 11}),
    "danq": Published("DanQOf200bp", danq, Drawn, 64, {}, {"num_layers": 2}),
    "hyena_dna": Published("PublishedHyenaDNA", hyena, Drawn, 14, {}),
    "malinois": Published(
        "PublishedMalinois", malinois, Drawn, 600, {"num_outputs": 3, "branched_layers": 3}
    ),
    "sei": Published("PublishedSei", sei, Drawn, 640, {}),
    "orca": Published("PublishedOrca", orca, Drawn, 20_000, {}),
    "puffin": Published("PublishedPuffin", puffin, Drawn, 700, {}),
    "saluki": Published(
        "PublishedSaluki", saluki, KerasDrawn, 384, {}, beside={"marks": (384, 2)}, script=True
    ),
    "scbasset": Published("PublishedScBasset", scbasset, KerasDrawn, 1344, {"widths": [4, 5, 6, 8, 10, 12]}),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_outputs(name: str, tmp_path: Path) -> None:
    case = PUBLISHED[name]
    layers, sequence = case.layers(seed=3), dna(2, case.length, seed=4)
    beside = {key: torch.rand(2, *shape, generator=layers.random) for key, shape in case.beside.items()}
    sizes = SMALL[name] | dict(case.params)
    with torch.no_grad():
        want = case.plain(layers, sequence.transpose(1, 2), sizes | dict(case.told) | beside)
        weights = converted(case.example, layers.weights, tmp_path) if case.script else layers.weights
        got = loaded(case.example, weights, sizes, tmp_path).module(sequence=sequence, **beside)
    assert got.keys() == want.keys()
    for key, tensor in want.items():
        assert tensor.std() > 1e-2 * tensor.abs().max()
        torch.testing.assert_close(got[key], tensor, rtol=1e-4, atol=2e-5)


def test_epinformer(tmp_path: Path) -> None:
    """Of genes with fewer enhancers than there is room for; their DNA stands in a row for the plain model."""
    sizes = SMALL["epinformer"] | {"heads": 4}
    layers, shape = Drawn(seed=3), (2, sizes["elements"], sizes["length"], 4)
    sequence = dna(2, sizes["elements"] * sizes["length"], seed=4)
    sequence[1, 2 * sizes["length"] :] = 0
    beside = {
        "features": torch.rand(2, shape[1], 3, generator=layers.random),
        "gene": torch.rand(2, 9, generator=layers.random),
    }
    with torch.no_grad():
        want = epinformer(layers, sequence.transpose(1, 2), sizes | beside)["expression"]
        compiled = loaded("PublishedEPInformer", layers.weights, SMALL["epinformer"], tmp_path)
        got = compiled.module(sequence=sequence.reshape(shape), **beside)["expression"]
    assert want.std() > 1e-2 * want.abs().max()
    torch.testing.assert_close(got, want, rtol=1e-4, atol=2e-5)


COUNTS = {  # as published; Orca's without the head for chromatin, which its files lack
    "aparent2": 188_933,
    "danq": 46_926_479,
    "epinformer": 925_497,
    "explainn": 316_381,
    "puffin": 510_946,
    "akita": 746_149,
    "basenji2": 30_088_228,
    "borzoi": 190_902_667,
    "deeptopic": 11_694_160,
    "dilated_cnn": 6_320_659,
    "hyena_dna": 436_096,
    "malinois": 4_107_183,
    "orca": 4_769_429,
    "procapnet": 6_416_387,
    "sei": 889_979_983,
}
# PyTorch's LSTM has two biases where Keras's has one
BESIDE = {"danq": ("lstm.bias_hh",), "orca": ("final_1d", "head_1d")}


@pytest.mark.parametrize("name", COUNTS)
def test_weights_at_the_published_size(name: str) -> None:
    spec = getdsl.check(SPECS / f"{name}.get").spec
    assert spec is not None
    beside = BESIDE.get(name, ())
    weights = [t for t in spec.graph.tensors() if t.kind == "weight" and not t.name.startswith(beside or "-")]
    assert sum(tensor.size for tensor in weights) == COUNTS[name]
