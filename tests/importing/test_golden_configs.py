"""Every config that was recorded with GET's numbers, imported: keys, shapes, and the recorded outputs."""

from functools import cache
from pathlib import Path

import pytest
import torch
import yaml

import getdsl
from getdsl.importing import Imported, import_config
from tests.golden.cases import check, leaf, load, names
from tests.golden.models import batch_of, inputs_of, outputs_of
from tests.golden.test_models import check_loss

CASES = names("models")
COMPUTED = [  # one of each manner: params only, bindings anew, buffers, a pair map, a pool of motifs
    "GETRegionFinetune__layerscale_nobias",
    "GETFinetune",
    "GETPretrain__final_bn_binary",
    "GETChrombpNetBias__B2",
    "GETRegionFinetuneHiC",
    "GETRegionFinetuneHiCOE__no_hic",
    "GETNucleotideRegionFinetuneExpHiCABC__no_hic",
]


@cache
def folder() -> Path:
    import tempfile

    return Path(tempfile.mkdtemp())


@cache
def imported(name: str) -> Imported:
    path = folder() / f"{name}.yaml"
    path.write_text(yaml.safe_dump(load(name, "models").config, sort_keys=False))
    return import_config([path])


@pytest.mark.parametrize("name", CASES)
def test_a_recorded_config_imports_with_the_recorded_weights(name: str) -> None:
    made = imported(name)
    assert made.checked is not None
    assert made.checked.diagnostics == []
    spec = made.checked.spec
    assert spec is not None
    weights = {key: tuple(tensor.shape) for key, tensor in load(name, "models")["w"].items()}
    assert {item.name: item.shape for item in spec.graph.tensors()} == weights
    trainable = {item.name for item in spec.graph.tensors() if item.kind == "weight"}
    assert trainable == set(load(name, "models").meta["trainable"])


@pytest.mark.parametrize("name", CASES)
def test_every_setting_of_a_recorded_config_is_accounted_for(name: str) -> None:
    made = imported(name)
    config = load(name, "models").config
    paths = [item.path for item in made.entries]
    assert sorted(paths) == sorted(leaf_paths(config))
    assert not [item.path for item in made.entries if item.fate == "unknown"]
    for item in made.entries:
        assert item.fate in ("written", "default") or item.path in made.text
        assert item.fate in ("written", "default") or item.note


def leaf_paths(value: object, path: str = "") -> list[str]:
    if isinstance(value, dict) and value:
        return [leaf for key, item in value.items() for leaf in leaf_paths(item, f"{path}.{key}".strip("."))]
    return [path]


@pytest.mark.parametrize("name", COMPUTED)
def test_an_imported_model_computes_what_was_recorded(name: str, tmp_path: Path) -> None:
    case = load(name, "models")
    path = tmp_path / "made.get"
    path.write_text(imported(name).text)
    model = getdsl.compile(path)
    model.module.load_state_dict(case["w"], strict=True)
    model.module.train(case.meta["mode"] == "train")
    leaves = {key: leaf(case["in"][key]) for key in case["gin"]}
    inputs = inputs_of(case, leaves)
    outputs = model.module(**{key: inputs[key] for key in model.spec.graph.inputs})
    check(case, outputs_of(case, outputs, inputs), model.module, leaves)
    if name != "GETChrombpNetBias__B2":  # its loss mixes samples in GET
        batch = batch_of(case)
        with torch.no_grad():
            check_loss(case, model.loss(model.module(**model.prepare(batch)), batch), {})
