"""Specs whose data are a store in GET's layout: checked, split and trained."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from getdsl.cli import main
from getdsl.compiler.check import check
from getdsl.compiler.spec import Spec
from getdsl.diagnostics import UserError
from getdsl.runs.opened.samples import open_source, split_source
from tests.golden.cases import COMMITTED

DATASET = COMMITTED / "dataset"
SPECS = COMMITTED.parents[1] / "specs" / "get"
DIFFERENCES = (COMMITTED.parents[1] / "docs" / "get-differences.md").read_text()
SMALL = "param num_layers: int = 1 param num_heads: int = 2 param embed_dim: int = 8 param num_motif: int = 7"
WINDOWS = 'celltypes = ["ctA"], num_region_per_sample = 10, sampling_step = 7'
SOURCE = f'RegionMotif("{DATASET}/region_motif.zarr", {WINDOWS}'


def written(folder: Path, spec: str, model: str, arguments: str = "", rest: str = "", loss: str = "") -> Path:
    path = folder / "spec.get"
    lines = [f'use "{SPECS}/{spec}.get"', f"model M extends {model} {{ {SMALL} }}"]
    path.write_text("\n".join([*lines, f"data {{ source = {SOURCE}{arguments}) {rest} }}", loss]) + "\n")
    return path


def problems(path: Path) -> list[str]:
    return [item.message for item in check(path).diagnostics if item.severity == "error"]


def checked(path: Path) -> Spec:
    found = check(path)
    assert found.spec is not None, found.diagnostics
    return found.spec


@pytest.mark.parametrize(
    ("spec", "model", "arguments"),
    [
        ("region_finetune", "RegionFinetune", ""),
        ("region_finetune_atac", "RegionFinetuneATAC", ', expression = "none"'),
        ("region_pretrain", "RegionPretrain", ', mask_ratio = 0.5, expression = "none"'),
        ("region_finetune_exp_hic_abc", "RegionFinetuneExpHiCABC", ""),
        ("region_finetune", "RegionFinetune", ', genes = "*"'),
    ],
)
def test_region_models_read_a_store(spec: str, model: str, arguments: str, tmp_path: Path) -> None:
    path = written(tmp_path, spec, model, arguments)
    source = open_source(checked(path))
    declared = checked(path).data
    assert declared is not None
    batch = source.batch(np.arange(3))
    assert batch.keys() == declared.outputs.keys()
    for name, type in declared.outputs.items():
        assert len(type.shape) == batch[name].dim(), name
        assert (type.dtype == "float") == batch[name].is_floating_point(), name


def test_what_a_store_has_not_is_said_by_check(tmp_path: Path) -> None:
    (said,) = problems(written(tmp_path, "region_finetune", "RegionFinetune", ', expression = "none"'))
    assert said == "`RegionMotif` yields no `exp_label`"
    assert problems(written(tmp_path, "region_finetune_hic", "RegionFinetuneHiC"))
    wrong = "loss { exp = PoissonNLL(exp, batch.exp_labell ?? batch.exp_label, log_input = false) }"
    (slip,) = problems(written(tmp_path, "region_finetune", "RegionFinetune", loss=wrong))
    assert slip == "`RegionMotif` yields no `exp_labell`"
    spare = wrong.replace("exp_labell", "elsewhere")
    assert problems(written(tmp_path, "region_finetune", "RegionFinetune", loss=spare)) == []


def chromosome_cases() -> list[tuple[list[str], list[str]]]:
    """What is left out, and what GET then tests on, where that is on some of the chromosomes there."""
    found = []
    for case in json.loads((DATASET / "chromosome_splitter.json").read_text())["cases"]:
        left_out, every = case["leave_out_chromosomes"], case["all_chromosomes"]
        names = [
            name for name in (left_out.split(",") if isinstance(left_out, str) else left_out or []) if name
        ]
        if not case["is_train"] and names and set(names) < set(every) and every == ["chr1", "chr2", "chrX"]:
            found.append((names, case["expected"]))
    return found


@pytest.mark.parametrize(("left_out", "expected"), chromosome_cases())
def test_chromosomes_are_held_out_as_get_leaves_them_out(
    left_out: list[str], expected: list[str], tmp_path: Path
) -> None:
    rest = f"hold_out = {{ chromosomes = {json.dumps(left_out)} }}"
    spec = checked(written(tmp_path, "region_finetune", "RegionFinetune", rest=rest))
    source = open_source(spec)
    split = split_source(spec, source)
    assert set(source.chromosomes[split.test]) == set(expected)
    assert set(source.chromosomes[split.train]) == {"chr1", "chr2", "chrX"} - set(expected)


def test_a_chromosome_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    spec = checked(
        written(tmp_path, "region_finetune", "RegionFinetune", rest='hold_out = { chromosomes = ["chr3"] }')
    )
    with pytest.raises(UserError, match="chr3"):
        split_source(spec, open_source(spec))


def test_a_region_model_trains_on_a_store(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rest = 'hold_out = { chromosomes = ["chrX"] } validation = { chromosomes = ["chr2"] }'
    path = written(tmp_path, "region_finetune", "RegionFinetune", ", quantitative_atac = true", rest)
    path.write_text(
        f"{path.read_text()}optimizer = AdamW(lr = 1e-3)\ntrain {{ epochs = 1 batch_size = 4 }}\n"
    )
    assert main(["train", str(path), "-o", str(tmp_path / "run")]) == 0
    assert "on chrX" in capsys.readouterr().out
    assert (tmp_path / "run" / "best.safetensors").exists()


def test_every_case_that_is_not_held_whole_is_listed() -> None:
    raising = [
        path.stem for path in DATASET.glob("*.json") if json.loads(path.read_text()).get("raises") is not None
    ]
    kept = [path.stem for path in DATASET.glob("*.json") if "BUG kept" in path.read_text()]
    assert len(raising) == 3
    assert len(kept) >= 2
    listed = re.findall(r"`(\w+)`", DIFFERENCES.partition("## Data")[2])
    assert {*raising, *kept} <= {*listed}
