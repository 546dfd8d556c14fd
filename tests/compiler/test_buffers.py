"""Buffers: computed once, in the state dict, not trained, whatever they are made of."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from getdsl.compiler.check import check, check_text
from getdsl.compiler.lower import Compiled, build
from getdsl.compiler.spec import Spec
from getdsl.formats.array_data import ArrayDataError, array_header, array_values
from getdsl.runs.run_folder.identity import identity

BASIS = np.arange(24, dtype="float32").reshape(8, 3)
MODEL = """model M {
    input x: [B, L, 8]
    slopes = Buffer(2.0 ** (-1.0 * to_float(arange(8))))
    places[0] = Buffer(arange(8))
    basis = Buffer(read("basis.npy") / 2)
    noise = Buffer(normal_like(full([8, 3], 0.0)))
    unused = Buffer(full([2], true))
    w = x -> Linear(3)
    output y = matmul(x * slopes, basis + noise) + w + to_float(places[0][3])
}
"""


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Spec:
    folder = tmp_path_factory.mktemp("buffers")
    np.save(folder / "basis.npy", BASIS)
    (folder / "m.get").write_text(MODEL)
    checked = check(folder / "m.get")
    assert checked.spec is not None, checked.diagnostics
    return checked.spec


def test_a_buffer_is_in_the_state_dict_and_is_not_trained(spec: Spec) -> None:
    model = build(spec, 0)
    buffers = {name: tuple(value.shape) for name, value in model.module.named_buffers()}
    assert buffers == {"slopes": (8,), "places.0": (8,), "basis": (8, 3), "noise": (8, 3), "unused": (2,)}
    assert [name for name, _ in model.module.named_parameters()] == ["w.weight", "w.bias"]
    assert {item.name for item in spec.graph.tensors() if item.kind == "buffer"} == set(buffers)
    state = model.state_dict()
    torch.testing.assert_close(state["slopes"], 2.0 ** -torch.arange(8.0))
    np.testing.assert_array_equal(state["basis"], BASIS / 2)
    assert (state["places.0"].dtype, state["unused"].dtype) == (torch.int64, torch.bool)
    again, other = (build(spec, seed).state_dict()["noise"] for seed in (0, 1))
    assert torch.equal(again, state["noise"])
    assert not torch.equal(other, state["noise"])


def test_a_buffer_computes_moves_and_loads_as_weights_do(spec: Spec) -> None:
    model = build(spec, 0)
    x = torch.randn(2, 5, 8)
    state = model.state_dict()
    want = (x * state["slopes"]) @ (state["basis"] + state["noise"]) + model.module.w(x) + 3
    torch.testing.assert_close(model.module(x)["y"], want)
    assert model.module.double().slopes.dtype == torch.float64
    other = build(spec, 1)
    other.load_state_dict(state)
    torch.testing.assert_close(other.module(x)["y"], want)


def test_a_run_knows_what_its_files_held(spec: Spec, tmp_path: Path) -> None:
    before = identity(spec)
    [name] = [name for name in before if "basis.npy" in name]
    path = next(iter(spec.graph.files()))
    np.save(path, BASIS + 1)
    try:
        assert identity(spec)[name] != before[name]
    finally:
        np.save(path, BASIS)
    assert identity(spec) == before


def compiled(folder: Path, call: str) -> Compiled:
    (folder / "m.get").write_text(
        f"model M {{ input x: [B, 1]\n t = Buffer({call})\n output y = x  output z = t }}\n"
    )
    checked = check(folder / "m.get")
    assert checked.spec is not None, [item.message for item in checked.diagnostics]
    return build(checked.spec)


def test_files_of_each_kind_hold_what_was_written(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    rows = np.array([[1.5, 2], [3, -4]])
    np.save(tmp_path / "f16.npy", rows.astype("float16"))
    np.save(tmp_path / "fortran.npy", np.asfortranarray(rows))
    np.save(tmp_path / "u1.npy", np.array([1, 255], dtype="uint8"))
    np.save(tmp_path / "none.npy", np.zeros((0, 3)))
    save_file({"a": rows, "b": np.array([True, False])}, str(tmp_path / "t.safetensors"))
    (tmp_path / "t.csv").write_text("one,two\n1.5,2\n3,-4\n")
    (tmp_path / "t.tsv").write_text("1.5\t2\n3\t-4\n")
    for call in ('"f16.npy"', '"fortran.npy"', '"t.safetensors", "a"', '"t.csv"', 'path = "t.tsv"'):
        found = compiled(tmp_path, f"read({call})").state_dict()["t"]
        torch.testing.assert_close(found, torch.tensor(rows, dtype=torch.float32), msg=call)
    assert compiled(tmp_path, 'read("u1.npy")').state_dict()["t"].tolist() == [1, 255]
    assert compiled(tmp_path, 'read("t.safetensors", key = "b")').state_dict()["t"].tolist() == [True, False]
    assert compiled(tmp_path, 'read("none.npy")').state_dict()["t"].shape == (0, 3)


def damaged(folder: Path) -> dict[str, tuple[str | None, str]]:
    """Files that are none of data, by name: the key, and what is said of them."""
    np.save(folder / "objects.npy", np.array([{}, None]), allow_pickle=True)
    np.save(folder / "complex.npy", np.array([1j]))
    np.save(folder / "text.npy", np.array(["a"]))
    (folder / "empty.npy").write_bytes(b"")
    (folder / "other.npy").write_bytes(b"PK\x03\x04 no array")
    (folder / "folder.npy").mkdir()
    (folder / "p.pkl").write_bytes(b"\x80\x04.")
    (folder / "words.csv").write_text("a,b\n1,2\nx,y\n")
    (folder / "ragged.csv").write_text("1,2\n3\n")
    (folder / "blank.csv").write_text("")
    (folder / "bad.safetensors").write_bytes(b"\xff" * 64)
    header = json.dumps({"a": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}).encode()
    for name, odd in (("number", {"a": 3}), ("side", {"a": {"dtype": "F32", "shape": ["x"]}}), ("list", [1])):
        told = json.dumps(odd).encode()
        (folder / f"{name}.safetensors").write_bytes(len(told).to_bytes(8, "little") + told)
    (folder / "bf16.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\0\0")
    return {
        "objects.npy": (None, "a pickle, which is never read"),
        "complex.npy": (None, "holds complex"),
        "text.npy": (None, "holds str"),
        "empty.npy": (None, "is no .npy file"),
        "other.npy": (None, "is no .npy file"),
        "folder.npy": (None, "cannot read"),
        "p.pkl": (None, "is no file of data that is read"),
        "words.csv": (None, "is no table of numbers"),
        "ragged.csv": (None, "is no table of numbers"),
        "blank.csv": (None, "holds no numbers"),
        "bad.safetensors": ("a", "is no whole safetensors file"),
        "number.safetensors": ("a", "is no whole safetensors file"),
        "side.safetensors": ("a", "is no whole safetensors file"),
        "list.safetensors": ("a", "is no whole safetensors file"),
        "bf16.safetensors": ("a", "holds bf16"),
        "gone.npy": (None, "there is no file"),
    }


def test_what_is_no_data_is_a_sentence(tmp_path: Path) -> None:
    for name, (key, told) in damaged(tmp_path).items():
        with pytest.raises(ArrayDataError, match=told):
            array_header(str(tmp_path / name), key)
    np.save(tmp_path / "cut.npy", BASIS)
    (tmp_path / "cut.npy").write_bytes((tmp_path / "cut.npy").read_bytes()[:-4])
    with pytest.raises(ArrayDataError, match="is no whole"):
        array_values(str(tmp_path / "cut.npy"), None)


def test_a_shape_in_a_file_is_held_to_its_use(tmp_path: Path) -> None:
    np.save(tmp_path / "basis.npy", BASIS.T)
    (tmp_path / "m.get").write_text(MODEL)
    [found, *_] = check(tmp_path / "m.get").diagnostics
    assert "cannot combine [3, 8] with [8, 3]" in found.message


def test_a_buffer_of_a_block_is_under_its_name() -> None:
    text = """block Place {
    input x: [B, L, 4]
    table = Buffer(to_float(arange(4)))
    output: [B, L, 4] = x + table
}
model M { input x: [B, L, 4]  a = x -> Place()  b = a -> Place()  output y = b }
"""
    spec = check_text(text).spec
    assert spec is not None
    assert list(build(spec).state_dict()) == ["a.table", "b.table"]
