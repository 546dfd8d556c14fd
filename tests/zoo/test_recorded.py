"""The zoo computes what bpnet-lite, enformer-pytorch and CREsted did when cases/ was recorded."""

import json
from math import prod
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from torch import Tensor

import getdsl
from tests.zoo.published import loaded

ROOT = Path(__file__).parents[2]
CASES = Path(__file__).parent / "cases"
# the example on the page that loads such a file
EXAMPLES = {
    "borzoi": "PublishedBorzoi",
    "chrombpnet": "Accessibility",
    "deeptopic": "PublishedDeepTopic",
    "dilated_cnn": "PublishedDilatedCNN",
    "enformer": "PublishedEnformer",
    "explainn": "PublishedExplaiNN",
    "procapnet": "Initiation",
}


def read(name: str) -> tuple[dict[str, Any], dict[str, dict[str, Tensor]]]:
    groups: dict[str, dict[str, Tensor]] = {"w": {}, "in": {}, "out": {}}
    with safe_open(CASES / f"{name}.safetensors", "pt") as file:
        for key in file.keys():  # noqa: SIM118
            group, _, rest = key.partition(".")
            groups[group][rest] = file.get_tensor(key)
        meta: dict[str, Any] = json.loads(file.metadata()["case"])
    return meta, groups


def hold(compiled: getdsl.Compiled, groups: dict[str, dict[str, Tensor]]) -> None:
    outputs = compiled.module(**compiled.prepare(groups["in"]))
    assert outputs.keys() >= groups["out"].keys()  # logits stand beside what a package returns
    got = {key: outputs[key] for key in groups["out"]}
    torch.testing.assert_close(got, groups["out"], rtol=1e-4, atol=2e-5)


def bpnet(folder: Path, weights: dict[str, Tensor], params: dict[str, Any]) -> getdsl.Compiled:
    """BPNet with its weights loaded: there is nothing to rename."""
    torch.save(weights, folder / "bpnet.pt")
    path = folder / "own.get"
    path.write_text('use "getdsl:zoo/bpnet.get"\nmodel Own extends BPNet { }\nload "bpnet.pt" { }\n')
    compiled = getdsl.compile(path, params=params)
    compiled.module.eval()
    return compiled


@pytest.mark.parametrize("name", sorted(path.stem for path in CASES.glob("*.safetensors")))
def test_outputs_are_the_packages(name: str, tmp_path: Path) -> None:
    meta, groups = read(name)
    params = meta["params"]
    if name in EXAMPLES:
        # the recorded Enformer has the package's default gamma features
        params |= {"use_tf_gamma": False} if meta["spec"] == "enformer" else {}
        hold(loaded(EXAMPLES[name], groups["w"], params, tmp_path), groups)
    else:
        hold(bpnet(tmp_path, groups["w"], params), groups)


def test_a_part_of_chrombpnet_is_a_bpnet(tmp_path: Path) -> None:
    meta, groups = read("chrombpnet")
    sizes = {key: meta["params"][key] for key in ("n_filters", "n_layers")}
    alone = loaded("WithoutBias", groups["w"], sizes, tmp_path)
    whole = loaded("Accessibility", groups["w"], meta["params"], tmp_path)
    bias = {key.removeprefix("bias."): value for key, value in groups["w"].items() if key.startswith("bias.")}
    corrected = loaded("Corrected", bias, meta["params"], tmp_path)
    state = whole.state_dict()
    for key, value in alone.state_dict().items():
        assert torch.equal(value, state[f"accessibility.{key}"])
    for key, value in bias.items():
        assert torch.equal(corrected.state_dict()[f"bias.{key}"], value)
        assert not corrected.module.get_parameter(f"bias.{key}").requires_grad
    assert corrected.module.get_parameter("accessibility.iconv.weight").requires_grad


def test_enformer_at_its_published_size(tmp_path: Path) -> None:
    """Every tensor of the package has its place, without one being made."""
    lines = (CASES / "enformer_published_shapes.txt").read_text().splitlines()
    package = [tuple(map(int, line.split()[1:])) for line in lines]
    spec = getdsl.check(ROOT / "specs/zoo/enformer.get").spec
    assert spec is not None
    weights = [tensor for tensor in spec.graph.tensors() if tensor.kind == "weight"]
    assert sum(map(prod, package)) == 251_221_292 == sum(tensor.size for tensor in weights)
    assert sorted(package) == sorted(tuple(tensor.shape) for tensor in weights)
    types = spec.graph.output_types()
    assert [str(types[name]) for name in ("human", "mouse")] == ["[B, 896, 5313]", "[B, 896, 1643]"]


def test_the_cases_are_small() -> None:
    assert sum(path.stat().st_size for path in CASES.iterdir()) < 400_000
