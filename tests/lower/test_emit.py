"""Compiled packages: readable, complete, and the same numbers."""

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch import Tensor

import getdsl
from getdsl.compiler.check import check_text
from getdsl.compiler.lower import Compiled, build
from getdsl.compiler.lower.emit import emit
from getdsl.compiler.lower.package import write_package
from getdsl.diagnostics import UserError

SPECS = Path(__file__).parent.parent.parent / "specs"
SMALL = {"embed_dim": 16, "num_heads": 2, "num_layers": 3, "num_motif": 6}


def reload_and_compare(compiled: Compiled, folder: Path) -> None:
    """The same weights to the bit, and the same outputs; test_same_bits.py does it in a new process."""
    write_package(compiled, folder / "out")
    model = module_of(folder / "out/model.py").load()
    assert not model.training
    assert_same_weights(model.state_dict(), compiled.module.state_dict())
    inputs = compiled.prepare(compiled.dummy_batch(seed=3))
    compiled.module.eval()
    with torch.no_grad():
        assert_same_outputs(model(**inputs), compiled.module(**inputs))


def module_of(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("emitted", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def assert_same_weights(got: Mapping[str, Tensor], want: Mapping[str, Tensor]) -> None:
    assert got.keys() == want.keys()
    assert [name for name, tensor in want.items() if not torch.equal(got[name], tensor)] == []


def assert_same_outputs(got: Mapping[str, Tensor], want: Mapping[str, Tensor]) -> None:
    """But for the last bits, since a product with a frozen weight may go another way."""
    assert got.keys() == want.keys()
    for name, tensor in want.items():
        largest = float(tensor.detach().abs().max())
        torch.testing.assert_close(got[name], tensor, rtol=1e-6, atol=1e-6 * largest, msg=name)


def test_my_model_repeats_its_outputs(tmp_path: Path) -> None:
    compiled = getdsl.compile(SPECS / "my_model.get", params=SMALL, seed=0)
    reload_and_compare(compiled, tmp_path)
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert manifest["params"]["embed_dim"] == 16
    assert manifest["overrides"] == SMALL
    assert manifest["outputs"] == {"exp": "[B, R, 1]", "hic": "[B, R, R]"}
    assert manifest["weights"]["motif_scanner.motif.0.weight"] == {"shape": [6, 4, 29], "kind": "frozen"}
    assert manifest["spec"]["text"] == (SPECS / "my_model.get").read_text()


def quickstart_without_its_motif_file(folder: Path) -> Compiled:
    text = (SPECS / "quickstart.get").read_text()
    source = (SPECS.parent / "getdsl/data/yeast/JASPAR2026_fungi.meme").read_text()
    (folder / "few.meme").write_text(source[: source.index("MOTIF", source.index("MOTIF", 3000) + 400)])
    (folder / "quickstart.get").write_text(
        text.replace('path  = "getdsl:yeast/JASPAR2026_fungi.meme"', 'path = "few.meme"')
    )
    compiled = getdsl.compile(folder / "quickstart.get", seed=0)
    (folder / "few.meme").unlink()
    return compiled


def test_quickstart_repeats_its_outputs_without_its_motif_file(tmp_path: Path) -> None:
    reload_and_compare(quickstart_without_its_motif_file(tmp_path), tmp_path)


UNUSUAL = """
block Twice {
    param scale: float
    input x: [..., 4]
    input mask: bool[..., 4]?
    if given(mask) { kept = select(mask, x, 0.0) } else { kept = x * scale }
    output y = kept
    output z = sum(kept, dim = -1)
}
model M {
    input x: [B, 2 * R + 1, 4]
    for i in 0..2 {
        scales[i] = Parameter([4], init = normal(1.0))
        layers[i] = (x * scales[i]) -> Linear(4)
        twice[i]  = relu(layers[i]) -> Twice(0.5 + i)
        x         = twice[i]
    }
    odd[3]    = x -> Linear(4)
    lambda    = max(odd[3], dim = 1) + R
    masked    = x -> Twice(1.0, mask = x > 0)
    operations = outer_sum(x[:, :R])
    output a  = lambda
    output b  = masked.z
    output c  = operations[:, 0, ...] - min(x[:, R // 2:R + (R // 2) - 1 + 1]) + mean(x)
    output d  = full([B, R], R)
}
"""


def test_unusual_names_sizes_and_outputs(tmp_path: Path) -> None:
    checked = check_text(UNUSUAL)
    assert checked.spec is not None, checked.diagnostics
    reload_and_compare(build(checked.spec, seed=1), tmp_path)


def test_blocks_that_differ_in_numbers_only_share_a_class() -> None:
    spec = getdsl.check(SPECS / "my_model.get").spec
    assert spec is not None
    source = emit(spec.graph, "doc").source
    assert source.count("class TransformerBlock") == 1
    assert source.count("TransformerBlock(") == 12 + 1
    assert max(map(len, source.splitlines())) <= 125


def test_an_earlier_result_is_replaced_and_a_strangers_folder_is_not(tmp_path: Path) -> None:
    compiled = getdsl.compile(SPECS / "my_model.get", params=SMALL, seed=0)
    write_package(compiled, tmp_path / "out")
    write_package(compiled, tmp_path / "out")
    (tmp_path / "out/thesis.tex").write_text("years of work")
    with pytest.raises(UserError, match=r"holds other files \(thesis.tex\)"):
        write_package(compiled, tmp_path / "out")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["out"]


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("getdsl.compiler.lower.package.save_file", full)
    compiled = getdsl.compile(SPECS / "my_model.get", params=SMALL, seed=0)
    with pytest.raises(UserError, match=r"cannot write .*no space left on device"):
        write_package(compiled, tmp_path / "out")
    assert not list(tmp_path.iterdir())
