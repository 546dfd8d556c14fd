"""Every component that was recorded from GET, through the language: keys, outputs, gradients, buffers."""

from pathlib import Path

import pytest
import torch

import getdsl
from getdsl.compiler.lower.measures.value_pairs import measure
from getdsl.formats.meme import read_meme
from tests.golden.cases import Case, check, check_after, find, leaf, load, names
from tests.golden.components import COMPONENTS

# GET's old pooling.py: other classes than those of its models
LEGACY = ("pooling_ATACSplitPoolMaxNorm", "pooling_ConvPool", "pooling_DilatedConv1dBlock")
MEME = "parse_meme_file"
METRICS = "RegressionMetrics"
CASES = [name for name in names("components") if not name.startswith(LEGACY)]
BLOCKS = [name for name in CASES if not name.startswith((MEME, METRICS))]


def class_of(name: str) -> str:
    return name.split("__")[0]


def test_every_case_is_held() -> None:
    held = {name for name in CASES if class_of(name) in COMPONENTS or name.startswith((MEME, METRICS))}
    assert sorted(held) == sorted(CASES)
    print(f"{len(held)} recorded components are held")


@pytest.mark.parametrize("name", BLOCKS)
def test_component(name: str, tmp_path: Path) -> None:
    case, component = load(name), COMPONENTS[class_of(name)]
    if name == "ConvPool__ragged_INTENT":  # records no profile, and an axis behind the peaks'
        case = without_last_axis(case)
    path = tmp_path / "case.get"
    path.write_text(component.spec(case))
    module = getdsl.compile(path).module
    module.load_state_dict({f"body.{key}": tensor for key, tensor in case["w"].items()}, strict=True)
    trainable = {key.removeprefix("body.") for key, p in module.named_parameters() if p.requires_grad}
    assert trainable == set(case.meta.get("trainable", ()))
    module.train(case.meta.get("mode") == "train")

    given = {key: leaf(x) if key in case["gin"] else x for key, x in case["in"].items()}
    adapted = component.adapt(case, given)
    outputs = module(**{key: adapted[key] for key in component.types(case)})
    results = component.results(case, outputs)
    leaves = {key: x for key, x in given.items() if key in case["gin"]}
    check(case, results, module, leaves, prefix="body.")
    check_after(case, module, prefix="body.")


def without_last_axis(case: Case) -> Case:
    groups = dict(case.groups)
    for group in ("out", "cot"):
        groups[group] = {"peak_atpm": case[group]["peak_atpm"].squeeze(2)}
    return Case(case.name, case.meta, groups)


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith(MEME)])
def test_meme(name: str) -> None:
    case = load(name)
    motifs = read_meme(find(f"components/{name.removeprefix('parse_meme_file__')}.meme"))
    # GET loses a motif that stands above its tenth line; we keep it
    lost = 1 if "drops_first" in name else 0
    assert [motif.name for motif in motifs[lost:]] == case.meta["names"]
    for motif, recorded in zip(motifs[lost:], case["out"]["motifs"], strict=True):
        want = torch.zeros(29, 4, dtype=recorded.dtype)
        want[: motif.width] = torch.tensor(motif.matrix, dtype=torch.float64) / motif.width
        torch.testing.assert_close(recorded, want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith(METRICS)])
def test_metrics(name: str) -> None:
    case = load(name)
    prediction, target = (case["in"][f"{side}.exp"].flatten() for side in ("pred", "obs"))
    for key, want in case["out"].items():
        got = measure(key.removeprefix("exp_"), prediction, target)
        torch.testing.assert_close(got, want, rtol=1e-5, atol=1e-6)
