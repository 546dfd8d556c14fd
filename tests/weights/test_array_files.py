"""Weights of Keras and NumPy: every array under its name; nothing of another file is read."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from getdsl.weights.errors import CheckpointError
from tests.weights.files import assert_equal, header_of, loaded, some_tensors

ARRAYS: dict[str, np.ndarray[Any, Any]] = {
    "conv/kernel": np.arange(24, dtype="f4").reshape(2, 3, 4),
    "columns": np.asfortranarray(np.arange(6, dtype="f8").reshape(2, 3)),
    "big": np.arange(3, dtype=">i4"),
    "truths": np.array([True, False]),
    "half": np.arange(3, dtype="f2"),
    "one": np.array(3, dtype="i8"),
    "none": np.empty((0, 3), dtype="f4"),
    "complex": np.arange(3, dtype="c8"),
}


def expected(arrays: dict[str, np.ndarray[Any, Any]]) -> dict[str, Tensor]:
    return {
        name: torch.from_numpy(array.astype(array.dtype.newbyteorder("="), order="C"))
        for name, array in arrays.items()
    }


# -- NumPy's


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_archive_of_arrays(save: Callable[..., None], tmp_path: Path) -> None:
    save(tmp_path / "x.npz", **ARRAYS)
    assert header_of(tmp_path / "x.npz").format == "npz"
    assert_equal(loaded(tmp_path / "x.npz"), expected(ARRAYS))


def test_a_key_and_texts_in_it(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", **{"net.w": np.ones(2), "ema.w": np.zeros(2), "names": np.array(["a"])})
    assert header_of(tmp_path / "x.npz").ignored == ("names",)
    assert torch.equal(loaded(tmp_path / "x.npz", "ema")["w"], torch.zeros(2, dtype=torch.float64))


def test_objects_in_it_are_not_made(tmp_path: Path) -> None:
    marker = tmp_path / "executed"

    class Payload:
        def __reduce__(self) -> Any:
            return (Path.touch, (marker,))

    np.savez(tmp_path / "x.npz", w=np.ones(2), bad=np.array([Payload()], dtype=object))
    assert list(loaded(tmp_path / "x.npz")) == ["w"]
    assert not marker.exists()


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (b"(2, 3)", b"(9, 3)"),
        (b"<f4", b"<f8"),
        (b"'descr'", b"'xxxxx'"),
        (b"(2, 3)", b"(2, 3("),
        (b"(2, 3)", b""),
        (b"NUMPY\x01", b"NUMPY\x09"),
    ],
)
def test_headers_that_lie(at: bytes, value: bytes, tmp_path: Path) -> None:
    file = io.BytesIO()
    np.save(file, np.ones((2, 3), dtype="f4"))
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("w.npy", file.getvalue().replace(at, value))
    with pytest.raises(CheckpointError, match="is damaged"):
        header_of(tmp_path / "x.npz")


def test_values_are_held_against_checksums(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", w=np.ones(3))
    content = bytearray((tmp_path / "x.npz").read_bytes())
    content[content.index(np.ones(3).tobytes())] ^= 1
    (tmp_path / "x.npz").write_bytes(content)
    header_of(tmp_path / "x.npz")
    with pytest.raises(CheckpointError, match=r"the checksum of its part `w\.npy` does not fit"):
        loaded(tmp_path / "x.npz")


# -- HDF5 and Keras's ways to write it

h5py = pytest.importorskip("h5py", reason="h5py is not installed")


def test_any_file_of_datasets(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x", "w") as file:
        for name, array in ARRAYS.items():
            file[name] = array
        file["packed"] = np.zeros(3)
        file.create_dataset("more", data=np.ones(9), compression="gzip")
        file["names"] = ["a", "b"]
        file["nothing"] = h5py.Empty("f4")
    header = header_of(tmp_path / "x")
    assert set(header.ignored) == {"names", "nothing"}
    more = {"packed": np.zeros(3), "more": np.ones(9)}
    assert_equal(loaded(tmp_path / "x"), expected(ARRAYS | more))


def keras_2(file: Any, weights: dict[str, list[str]], text: Callable[[str], Any], root: str = "/") -> None:
    """As Keras 2 writes: a group a layer, in it each weight under its whole name."""
    group = file.require_group(root)
    group.attrs["layer_names"] = [text(layer) for layer in weights]
    for layer, names in weights.items():
        group.require_group(layer).attrs["weight_names"] = [text(name) for name in names]
        for number, name in enumerate(names):
            group[f"{layer}/{name}"] = np.full(number + 1, len(layer), dtype="f4")


KERAS_2 = {
    "input": [],
    "conv1d": ["conv1d/kernel:0", "conv1d/bias:0"],
    "conv1d_1": ["conv1d_1/kernel:0"],
    "block/conv": ["block/conv/kernel:0"],
    "inner": ["dense/kernel:0", "dense/bias:0"],
    "other": ["dense/kernel:0"],
}
NAMES_2 = [
    "block/conv/kernel", "conv1d/bias", "conv1d/kernel", "conv1d_1/kernel",
    "inner/dense/bias", "inner/dense/kernel", "other/dense/kernel",
]  # fmt: skip


@pytest.mark.parametrize("root", ["/", "model_weights"])
@pytest.mark.parametrize("text", [str, str.encode], ids=["texts", "bytes"])
def test_keras_2(text: Callable[[str], Any], root: str, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x", "w") as file:
        keras_2(file, KERAS_2, text, root)
        if root != "/":
            file["optimizer_weights/adam/conv1d/kernel/m:0"] = np.ones(3)
    header = header_of(tmp_path / "x")
    assert sorted(header.tensors) == NAMES_2
    assert header.ignored == (("optimizer",) if root != "/" else ())
    assert header.tensors["inner/dense/bias"].shape == (2,)
    assert float(loaded(tmp_path / "x")["inner/dense/bias"][0]) == len("inner")


def test_a_long_list_of_layers_in_pieces(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x", "w") as file:
        keras_2(file, KERAS_2, str.encode)
        names = list(file.attrs["layer_names"])
        del file.attrs["layer_names"]
        file.attrs["layer_names0"], file.attrs["layer_names1"] = names[:3], names[3:]
    assert sorted(header_of(tmp_path / "x").tensors) == NAMES_2


def test_keras_3(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x", "w") as file:
        names = {"layers/conv1d": "stem", "layers/seq": "tower", "layers/seq/layers/dense": "head"}
        for path, name in names.items():
            file.require_group(f"{path}/vars").attrs["name"] = name
        file["layers/conv1d/vars/0"] = np.ones(2)
        file["layers/seq/layers/dense/vars/0"] = np.ones(3)
        file["layers/unnamed/vars/0"] = np.ones(4)
        file["encoder/vars/0"] = np.ones(5)
        file["vars/0"] = np.ones(6)
        file["optimizer/vars/0"] = np.ones(7)
    header = header_of(tmp_path / "x")
    assert {name: info.shape[0] for name, info in header.tensors.items()} == {
        "stem/vars/0": 2, "tower/head/vars/0": 3, "unnamed/vars/0": 4, "encoder/vars/0": 5, "vars/0": 6,
    }  # fmt: skip
    assert header.ignored == ("optimizer",)


def test_names_that_two_layers_share_give_way_to_paths(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x", "w") as file:
        for path in ("layers/dense", "layers/dense_1"):
            file.require_group(f"{path}/vars").attrs["name"] = "same"
            file[f"{path}/vars/0"] = np.ones(2)
    assert sorted(header_of(tmp_path / "x").tensors) == ["layers/dense/vars/0", "layers/dense_1/vars/0"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_of_keras(method: int, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "h5", "w") as file:
        file["layers/dense/vars/0"] = np.arange(500, dtype="f4")
    with zipfile.ZipFile(tmp_path / "x.keras", "w", method) as archive:
        archive.writestr("config.json", "{}")
        archive.write(tmp_path / "h5", "model.weights.h5")
    assert header_of(tmp_path / "x.keras").format == "keras"
    assert_equal(loaded(tmp_path / "x.keras"), {"dense/vars/0": torch.arange(500.0)})


# -- what leads out of a file, and what is no plain dataset


def test_a_link_to_another_file(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other", "w") as file:
        file["w"] = np.ones(2)
    with h5py.File(tmp_path / "x", "w") as file:
        file["a"], file["w"] = np.ones(2), h5py.ExternalLink(str(tmp_path / "other"), "/w")
    with pytest.raises(CheckpointError, match="is refused: its `w` leads to another file"):
        header_of(tmp_path / "x")


def outside(file: Any, folder: Path) -> None:
    (folder / "secret").write_bytes(bytes(8))
    file.create_dataset("w", (2,), "f4", external=[(str(folder / "secret"), 0, 8)])


def virtual(file: Any, folder: Path) -> None:
    with h5py.File(folder / "other", "w") as other:
        other["w"] = np.ones(2, dtype="f4")
    layout = h5py.VirtualLayout((2,), "f4")
    layout[:] = h5py.VirtualSource(folder / "other", "w", (2,))
    file.create_virtual_dataset("w", layout)


@pytest.mark.parametrize("make", [outside, virtual])
def test_values_in_another_file_are_not_read(make: Callable[[Any, Path], None], tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x", "w") as file:
        make(file, tmp_path)
        file["b"] = np.ones(3, dtype="f4")
    assert "kept in another file" in header_of(tmp_path / "x").tensors["w"].unread
    with pytest.raises(CheckpointError, match="kept in another file"):
        loaded(tmp_path / "x")


def test_circles_of_groups_and_links_inside(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x", "w") as file:
        file["a/w"] = np.ones(2, dtype="f4")
        file["a/self"], file["soft"], file["nowhere"] = file["a"], h5py.SoftLink("/a/w"), h5py.SoftLink("/b")
    assert list(header_of(tmp_path / "x").tensors) == ["a/w"]


def test_a_filter_that_is_code_to_be_loaded(tmp_path: Path) -> None:
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_chunk((9,))
    plan.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, ())
    with h5py.File(tmp_path / "x", "w") as file:
        space = h5py.h5s.create_simple((9,))
        h5py.h5d.create(file.id, b"w", h5py.h5t.NATIVE_FLOAT, space, plan)
    assert "filter that is not HDF5's own (32015)" in header_of(tmp_path / "x").tensors["w"].unread


def test_without_h5py_the_command_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with h5py.File(tmp_path / "x", "w") as file:
        file["w"] = np.ones(2)
    monkeypatch.setitem(__import__("sys").modules, "h5py", None)
    with pytest.raises(CheckpointError, match="h5py, which reads those, is not installed") as refused:
        header_of(tmp_path / "x")
    assert refused.value.help == "pip install 'getdsl[keras]'"


@pytest.mark.parametrize("size", [20, 300, 1000])
def test_a_file_that_is_cut_short(size: int, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x", "w") as file:
        for name, tensor in some_tensors().items():
            file[name] = tensor.float().numpy()
    (tmp_path / "x").write_bytes((tmp_path / "x").read_bytes()[:size])
    with pytest.raises(CheckpointError, match="HDF5 cannot read it"):
        header_of(tmp_path / "x")
