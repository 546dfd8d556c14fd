"""What `getdsl compile --format` writes runs where getdsl is not, and repeats the model."""

import ast
import json
import sys
from pathlib import Path

import pytest
import torch

import getdsl
from getdsl.cli import main
from getdsl.compiler.lower.export.trials import trials
from getdsl.compiler.lower.export.written import write_export
from getdsl.diagnostics import UserError
from tests.exports.elsewhere import run_elsewhere
from tests.exports.shipped import shipped
from tests.zoo.test_recorded import ROOT

# peaks of a length that only data tell, pools over peaks, attention; `python -m tests.exports` tries all
TRIED = [("get/chrombpnet_bias", form) for form in ("pt2", "onnx", "standalone")]
TRIED += [
    ("get/nucleotide_v1_motif_adaptor", "onnx"),
    ("get/finetune", "pt2"),
    ("get/finetune_gbm", "standalone"),
]
TRIED += [
    ("get/region_finetune_hic_oe", "standalone"),
    ("get/chrombpnet", "standalone"),
    ("zoo/enformer", "standalone"),
]


@pytest.mark.parametrize(("name", "form"), TRIED)
def test_runs_without_getdsl(name: str, form: str, tmp_path: Path) -> None:
    model = getdsl.compile(ROOT / f"specs/{name}.get", params=shipped()[name], seed=1).eval()
    written = write_export(model, tmp_path / "out", form)  # type: ignore[arg-type]
    assert written.settled == ()
    assert written.held.batches == 3  # other sizes and one sample alone, too
    wanted = trials(model)
    found = run_elsewhere(form, tmp_path / "out", [trial.inputs for trial in wanted])
    for outputs, trial in zip(found, wanted, strict=True):
        assert outputs.keys() == trial.outputs.keys()
        for key, value in trial.outputs.items():
            torch.testing.assert_close(outputs[key], value, rtol=1e-6, atol=1e-6, msg=f"{key} {trial.sizes}")
            assert value.std() > 1e-3  # and not one number, which proves nothing


def test_the_table_has_every_shipped_spec() -> None:
    specs = {
        path.relative_to(ROOT / "specs").with_suffix("").as_posix() for path in ROOT.glob("specs/**/*.get")
    }
    named = {name for name in specs if not name.startswith("yeast/")}  # which extend the others
    assert named == set(shipped())
    text = (ROOT / "docs/export.md").read_text(encoding="utf-8")
    for name in sorted(named):
        assert f"| `{name}.get` " in text


# ---- small models

TINY = """model Tiny {
    input x: onehot[B, L, 4]
    input y: [B, 3]
    hidden = x -> Conv1d(5, kernel_size = 3)
    pooled = relu(max(hidden, dim = 1))
    dense  = pooled -> Linear(3)
    output z = softmax(dense) + clamp(y, 0.0, 0.5)
    output total = roll(pad(sum(y, dim = 1), 0, 1, dim = 0), 1, dim = 0)[1:]
}
"""


def compiled(folder: Path, text: str, **params: object) -> getdsl.Compiled:
    path = folder / "tiny.get"
    path.write_text(text)
    return getdsl.compile(path, params=params, seed=1)


def test_a_standalone_file_reads_as_plain_pytorch(tmp_path: Path) -> None:
    write_export(compiled(tmp_path, TINY), tmp_path / "out", "standalone")
    text = (tmp_path / "out/model.py").read_text()
    tree = ast.parse(text)
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {each.name for node in ast.walk(tree) if isinstance(node, ast.Import) for each in node.names}
    assert imported == {"__future__", "typing", "pathlib", "torch", "torch.nn"} | (
        imported & {"collections.abc"}
    )
    assert "class Conv1d(nn.Conv1d):" in text
    assert text.index("class Conv1d") < text.index("class Tiny")
    defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert len(defined) == len(set(defined))


def test_a_body_that_another_reads_first_keeps_its_name(tmp_path: Path) -> None:
    body = "input x: [B, L, 8]\n attn = x -> Attention(8, 2)\n head = attn -> Linear(3)"
    text = f"model M {{\n {body}\n output y = head\n}}\n"
    written = write_export(compiled(tmp_path, text), tmp_path / "out", "standalone")
    assert written.held.batches == 3


def test_the_manifest_tells_what_was_held(tmp_path: Path) -> None:
    write_export(compiled(tmp_path, TINY), tmp_path / "out", "pt2")
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert manifest["format"] == "getdsl/pt2"
    assert manifest["settled"] == []
    assert manifest["sha256"].keys() == {"model.pt2"}
    assert manifest["compared"].startswith(
        "on 3 batches of different sizes its outputs are the model's within"
    )


def test_adapters_are_put_onto_their_weights(tmp_path: Path) -> None:
    text = TINY + 'lora { on = ["dense"] rank = 2 }\n'
    model = compiled(tmp_path, text)
    assert model.adaptation.adapters
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight)
    write_export(model, tmp_path / "out", "standalone")
    state = torch.load(tmp_path / "out/weights.pt", weights_only=True)
    assert not any("lora" in name for name in state)
    assert not torch.equal(state["dense.weight"], model.state_dict()["dense.weight"])


BRANCHES = """import torch
from torch import nn

SCALE = 2.0


def scaled(x):
    return x * SCALE


class Branch(nn.Module):
    def forward(self, x):
        return scaled(x) if float(x.sum()) > 1e9 else x
"""
OWN = """block Branch {
    input x: [B, N]
    output: [B, N]
    extern "branches:Branch"
}
model Own {
    input x: [B, 3]
    branch = x -> Branch()
    output y = branch
}
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "branches.py").write_text(BRANCHES)
    (tmp_path / "own.get").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "branches", raising=False)
    return tmp_path / "own.get"


def command(path: Path, form: str) -> list[str]:
    return ["compile", str(path), "--trust", str(path), "--format", form, "-o", str(path.parent / "out")]


@pytest.mark.parametrize("form", ["pt2", "onnx"])
def test_what_cannot_be_traced_is_named(own: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(own, form)) == 1
    said = capsys.readouterr().err
    assert "cannot trace `branch` (own.get:8), a Branch: " in said
    assert "--format standalone" in said
    assert "Traceback" not in said
    assert not (own.parent / "out").exists()
    assert not list(own.parent.glob(".out*"))


def test_python_of_the_users_is_written_out(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(own, "standalone")) == 0
    text = (own.parent / "out/model.py").read_text()
    assert "import branches" not in text
    assert text.index("SCALE = 2.0") < text.index("def scaled(x):") < text.index("class Branch(nn.Module)")
    assert "within 0.0e+00 of the largest value" in capsys.readouterr().out


def test_a_size_that_is_settled_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "fixed.py").write_text(
        "from torch import nn\nclass Fixed(nn.Module):\n    def forward(self, x):\n"
        "        return x * int(x.shape[1])\n"
    )
    text = OWN.replace("branches:Branch", "fixed:Fixed").replace("x: [B, 3]", "x: [B, N]")
    (tmp_path / "own.get").write_text(text)
    sys.path.insert(0, str(tmp_path))
    try:
        assert main(command(tmp_path / "own.get", "pt2")) == 0
    finally:
        sys.path.remove(str(tmp_path))
    assert (
        "it takes one size where the spec leaves it open: N is 6 in `x: [B, N]` (axis 1)"
        in capsys.readouterr().err
    )


def test_the_absence_of_onnx_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UserError, match="`--format onnx` needs onnxruntime") as told:
        write_export(compiled(tmp_path, TINY), tmp_path / "out", "onnx")
    assert told.value.help == "run `pip install 'getdsl[onnx]'`"
    assert not (tmp_path / "out").exists()


def test_other_outputs_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from getdsl.compiler.lower.export import standalone

    def doubled(model: getdsl.Compiled) -> dict[str, torch.Tensor]:
        return {name: 2 * value for name, value in model.state_dict().items()}

    monkeypatch.setattr(standalone, "merged_state", doubled)
    with pytest.raises(UserError, match="gives other outputs than the model where B = 2, L = 200"):
        write_export(compiled(tmp_path, TINY), tmp_path / "out", "standalone")
    assert [item.name for item in tmp_path.iterdir()] == ["tiny.get"]
