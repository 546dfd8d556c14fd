"""`getdsl plan` and `train --plan` as a user runs them, on files."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

import getdsl
from getdsl.cli import main
from getdsl.compiler.check import check
from getdsl.compiler.plan.page import report
from tests.plan.headers import shapes
from tests.plan.test_suggest import V1, Shape, region, translated

SMALL = "\nmodel Small extends RegionFinetune { param embed_dim: int = 48 }\n"
USE = 'use "getdsl:get/region_finetune.get"\n'
RENAME = """rename {
    "blocks."            -> "encoder.blocks."
    "head."              -> "head_exp.head."
    "fc_norm."           -> "encoder.norm."
    "region_embed.proj." -> "region_embed.embed."
}"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def write(path: Path, tensors: dict[str, Shape]) -> None:
    save_file({key: np.zeros(shape, dtype=np.float16) for key, shape in tensors.items()}, path)


@pytest.fixture
def v1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a v1-style checkpoint of twelve layers, and a spec that loads it as it is."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(report, "device", lambda: "cpu")
    write(tmp_path / "v1.safetensors", translated(region(), V1))
    spec = tmp_path / "spec.get"
    spec.write_text(f'{USE}{SMALL}load "v1.safetensors" {{ }}\n')
    return spec


def paste(spec: Path, block: str) -> None:
    spec.write_text(spec.read_text().replace("{ }\n", f"{{\n{block}\n}}\n"))


def test_a_v1_checkpoint_from_the_first_refusal_to_green(
    v1: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "plan", "spec.get")
    assert code == 1
    assert "it cannot run: 1 error" in out
    for line in RENAME.splitlines():
        assert line.strip() in err
    code, out, _ = run(capsys, "plan", "spec.get", "--suggest")
    assert code == 1
    paste(v1, out)
    code, out, err = run(capsys, "plan", "spec.get", "--detailed-exitcode")
    assert (code, err) == (0, "")
    assert "the weights are as the spec asks, and `getdsl train` refuses it: the spec has no `data`" in out
    assert "from blocks.*, fc_norm.*" in out


def test_the_page_is_at_most_a_hundred_columns(v1: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paste(v1, RENAME)
    v1.write_text(
        v1.read_text() + "lora { on = [encoder.blocks[6..12]]  rank = 8 }\nfreeze = [encoder.blocks[0..6]]\n"
    )
    for options in ([], ["--all"], ["--depth", "2"], ["--set-dim", "B=8", "R=200"]):
        code, out, _ = run(capsys, "plan", "spec.get", *options)
        assert code == 0
        assert max(map(len, out.splitlines())) <= 100
    code, out, _ = run(capsys, "plan", "spec.get")
    assert "encoder.blocks.* (6)" in out
    assert "24, rank 8" in out
    code, out, _ = run(capsys, "plan", "spec.get", "--all")
    for name in region():
        assert f"\n{name} " in out


def test_exit_codes(v1: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paste(v1, RENAME.replace('"head."', '"old_head."') + 'drop = ["head.*"]  new = [head_exp]')
    assert run(capsys, "plan", "spec.get")[0] == 0
    assert run(capsys, "plan", "spec.get", "--detailed-exitcode")[0] == 3
    assert (
        run(
            capsys, "plan", "spec.get", "--set", "load[0].strict=false", "--set", "load[0].sha256=" + "0" * 64
        )[0]
        == 1
    )
    assert run(capsys, "plan", "spec.get", "--set", "load[0].stric=false")[0] == 1


def test_overrides_reach_a_load(v1: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("load[0].strict", "load.0.strict"):
        assert run(capsys, "plan", "spec.get", "--set", f"{name}=false")[0] == 0
    assert getdsl.plan("spec.get", params={"load[0].strict": False}).ok
    assert getdsl.plan("spec.get", params={"load": [{"strict": False}]}).ok
    assert not getdsl.plan("spec.get").ok
    _, _, err = run(capsys, "plan", "spec.get", "--set", "load[0].stict=false")
    assert "did you mean `load[0].strict`?" in err


def test_json_is_versioned_and_complete(v1: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paste(v1, RENAME)
    code, out, _ = run(capsys, "plan", "spec.get", "--format", "json")
    record = json.loads(out)
    assert (code, record["schema"], record["diagnostics"]) == (0, "getdsl.plan/1", [])
    assert set(record["tensors"]) == set(region())
    assert record["tensors"]["encoder.norm.bias"]["source"] == {"load": 0, "key": "fc_norm.bias"}


def test_a_saved_plan_holds_or_says_what_differs(v1: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paste(v1, RENAME)
    assert run(capsys, "plan", "spec.get", "-o", "plan.json")[0] == 0
    train = ["train", "spec.get", "-o", "run", "--plan", "plan.json"]
    _, _, err = run(capsys, *train)
    assert "no longer holds" not in err  # what stops it is that the spec has no data
    assert "data" in err
    code, _, err = run(capsys, *train, "--set", "dropout=0.2")
    assert code == 1
    assert "no longer holds: `params.dropout` was 0.1 and is 0.2" in err
    v1.write_text(v1.read_text() + "freeze = [cls_token]\n")
    assert "`tensors.cls_token.frozen` was false and is true" in run(capsys, *train)[2]
    saved = Path("plan.json").read_text()
    Path("plan.json").write_text(saved.replace("fc_norm.bias", "fc_norm.bia"))
    assert "was changed after it was saved" in run(capsys, *train)[2]
    Path("plan.json").write_text("[1, 2]")
    assert "is not a saved plan" in run(capsys, *train)[2]
    assert not Path("run").exists()


def test_a_file_that_changes_is_noticed(v1: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paste(v1, RENAME)
    assert run(capsys, "plan", "spec.get", "-o", "plan.json")[0] == 0
    time.sleep(0.01)
    write(Path("v1.safetensors"), translated(region(), V1))
    _, _, err = run(capsys, "train", "spec.get", "-o", "run", "--plan", "plan.json")
    assert "`files[0].modified[0]`" in err


def test_a_plan_that_cannot_run_is_not_saved(v1: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "plan", "spec.get", "-o", "plan.json")[0] == 1
    assert not Path("plan.json").exists()


def test_only_headers_are_read(v1: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the values cut to a hole the plan is the same: nothing but the header was looked at."""
    paste(v1, RENAME)
    before = run(capsys, "plan", "spec.get")
    path = Path("v1.safetensors")
    size, start = path.stat().st_size, int.from_bytes(path.read_bytes()[:8], "little") + 8
    with path.open("r+b") as file:
        file.truncate(start)
        file.truncate(size)
    assert run(capsys, "plan", "spec.get") == before


def test_a_full_size_plan_is_fast_and_needs_no_torch(tmp_path: Path) -> None:
    spec = check(Path(__file__).parents[2] / "specs/get/region_finetune.get").spec
    assert spec is not None
    path = tmp_path / "full.safetensors"
    header: dict[str, object] = {}
    end = 0
    for name, shape in shapes(spec).items():
        size = 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    text = json.dumps(header).encode()
    with path.open("wb") as file:  # a sparse file: 341 MB that take no room
        file.write(len(text).to_bytes(8, "little") + text)
        file.truncate(8 + len(text) + end)
    (tmp_path / "spec.get").write_text(f'{USE}load "full.safetensors" {{ }}\n')
    code = "import sys; from getdsl.cli import main; c = main(['plan', 'spec.get'])"
    code += "; print('torch' in sys.modules, c)"
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "False 0", done.stderr
    assert time.perf_counter() - start < 3 * 4  # 0.4 s alone; the machine may be busy
