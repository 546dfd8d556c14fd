"""Files that other readers take, however they were made, are read; the rest are called what they are."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save, save_file

from getdsl.weights.errors import CheckpointError
from tests.weights.files import assert_equal, header_of, loaded, plain, some_tensors, write_sharded


def repacked(path: Path, folder: str = "a/", *folders: str, method: int = zipfile.ZIP_STORED) -> Path:
    """A torch archive as people pack one anew, once it was unpacked."""
    new = path.with_suffix(".repacked")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(new, "w", method) as made:
        for name in folders:
            made.writestr(name, "")
        for item in old.infolist():
            made.writestr(folder + item.filename.partition("/")[2], old.read(item))
    return new


DEFLATED = zipfile.ZIP_DEFLATED
PACKINGS: dict[str, Callable[[Path], Path]] = {
    "a folder's entry": lambda path: repacked(path, "a/", "a/"),
    "entries of all folders": lambda path: repacked(path, "a/", "a/", "a/data/", "a/.data/"),
    "deflated": lambda path: repacked(path, method=DEFLATED),
    "deflated, with folders": lambda path: repacked(path, "a/", "a/", "a/data/", method=DEFLATED),
    "another root": lambda path: repacked(path, "other name/"),
    "stored anew": repacked,
}


@pytest.mark.parametrize("name", PACKINGS)
def test_an_archive_that_was_packed_anew(name: str, tmp_path: Path) -> None:
    torch.save(some_tensors(), tmp_path / "a")
    path = PACKINGS[name](tmp_path / "a")
    assert sorted(torch.load(path)) == sorted(some_tensors())  # torch reads it, and so do we
    assert_equal(loaded(path), some_tensors())


def test_a_deflated_archive_beyond_what_torch_reads_as_data(tmp_path: Path) -> None:
    torch.save({"model": some_tensors(), "best": np.float64(0.3)}, tmp_path / "a")
    assert_equal(loaded(repacked(tmp_path / "a", method=DEFLATED)), some_tensors())


def test_values_of_a_deflated_archive_are_held_against_its_checksums(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(1000)}, tmp_path / "a")
    path = repacked(tmp_path / "a", method=DEFLATED)
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo("a/data/0")
    content = bytearray(path.read_bytes())
    content[entry.header_offset + 30 + len("a/data/0") + 2] ^= 4
    path.write_bytes(content)
    header_of(path)  # says nothing: it reads no values
    with pytest.raises(CheckpointError, match="is damaged"):
        loaded(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_that_torch_does_not_read(method: int, tmp_path: Path) -> None:
    torch.save(some_tensors(), tmp_path / "a")
    with pytest.raises(CheckpointError, match="is packed in a way that torch does not read either"):
        header_of(repacked(tmp_path / "a", method=method))


def test_an_archive_that_would_unpack_to_absurdly_much(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(60_000_000)}, tmp_path / "a")
    with pytest.raises(CheckpointError, match=r"its [\d,]+ bytes would unpack to 240,"):
        header_of(repacked(tmp_path / "a", method=DEFLATED))


@pytest.mark.parametrize("old", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickles_of_every_protocol(protocol: int, old: bool, tmp_path: Path) -> None:
    content = {"model": some_tensors(), "best": np.float64(0.5), "more": {frozenset({1}): b"a"}}
    options = {"pickle_protocol": protocol, "_use_new_zipfile_serialization": not old}
    torch.save(content, tmp_path / "a", **options)  # type: ignore[arg-type]
    assert_equal(loaded(tmp_path / "a"), some_tensors())


@pytest.mark.parametrize("first", [0x7B, 0x3C, 0x1F, 0x80, 0x89, 0x08, 0x50, 0x81, 0x20])
def test_a_safetensors_header_of_any_length(first: int, tmp_path: Path) -> None:
    """The first byte of its length may be that of `{`, `<`, or of any other file."""
    whole = save(plain(some_tensors()))
    (length,) = struct.unpack("<Q", whole[:8])
    header = whole[8 : 8 + length].rstrip()
    padded = next(size for size in range(first, 1 << 20, 256) if size >= len(header))
    content = struct.pack("<Q", padded) + header.ljust(padded) + whole[8 + length :]
    (tmp_path / "a").write_bytes(content)
    assert content[0] == first
    assert_equal(loaded(tmp_path / "a"), some_tensors())


# -- folders


@pytest.mark.parametrize(
    "name",
    [
        "model.safetensors",
        "adapter_model.safetensors",
        "best.safetensors",
        "unet.safetensors",
    ],
)
def test_a_folder_with_one_file(name: str, tmp_path: Path) -> None:
    save_file(plain(some_tensors()), tmp_path / name)
    (tmp_path / "config.json").write_text("{}")
    torch.save({"lr": 0.1}, tmp_path / "training_args.bin")
    assert_equal(loaded(tmp_path), some_tensors())


@pytest.mark.parametrize("name", ["pytorch_model.bin", "adapter_model.bin"])
def test_a_folder_with_a_torch_file(name: str, tmp_path: Path) -> None:
    torch.save(some_tensors(), tmp_path / name)
    assert_equal(loaded(tmp_path), some_tensors())


def test_a_folder_of_parts_beside_other_files(tmp_path: Path) -> None:
    write_sharded(tmp_path, some_tensors())
    assert_equal(loaded(tmp_path), some_tensors())


@pytest.mark.parametrize(
    "names", [("model.safetensors", "adapter_model.safetensors"), ("a.safetensors", "b.safetensors")]
)
def test_a_folder_with_several(names: tuple[str, ...], tmp_path: Path) -> None:
    for name in names:
        save_file({"w": torch.ones(1)}, tmp_path / name)
    with pytest.raises(CheckpointError, match="holds several checkpoints") as refused:
        header_of(tmp_path)
    assert all(f"`{name}`" in str(refused.value) for name in names)


# -- called what they are

ANSWER = json.dumps({"error": "Repository not found"}).encode()
TF_INDEX = bytes(100) + b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"
NAMED: dict[str, tuple[bytes, str]] = {
    "a server's answer": (ANSWER, "is what a server answered"),
    "another answer": (b'\n {"detail": "Not authenticated"}', "is what a server answered"),
    "an answer after a mark": (b"\xef\xbb\xbf" + ANSWER, "is what a server answered|is not the index"),
    "a list of JSON": (b'["a", 1]', "is JSON, not a checkpoint"),
    "a page after a mark": (b"\xef\xbb\xbf<!DOCTYPE html><html>", "is a web page"),
    "a page after blanks": (b"\n\n  <html>", "is a web page"),
    "a page of wide letters": ("\ufeff<html>".encode("utf-16-le"), "is a web page"),
    "tar": (b"a.pt".ljust(257, b"\0") + b"ustar\0" + bytes(250), "is a tar archive"),
    "ONNX": (b"\x08\x08\x12\x07pytorch\x1a\x052.1.0:" + bytes(40), "is an ONNX model"),
    "ONNX without a producer": (b"\x08\x07:\xa0\x1f\n\x10\n\x01x" + bytes(40), "is an ONNX model"),
    "msgpack": (b"\x82\xa6params\x81\xa5dense\x80", "is a msgpack file"),
    "long msgpack": (b"\xde\x00\x20\xd9\x24encoder/layer_0/attention/kernel_weight\xc0", "is a msgpack file"),
    "a SavedModel": (b"\x08\x01\x12\xf5\xa1\x04\n\xc2" + bytes(40), "is a TensorFlow SavedModel"),
    "an index of TensorFlow": (TF_INDEX, "is a part of a TensorFlow checkpoint"),
    "a list of checkpoints": (b'model_checkpoint_path: "model.ckpt-1"\n', "is a TensorFlow checkpoint"),
    "TensorFlow Lite": (b"\x1c\0\0\0TFL3" + bytes(40), "is a TensorFlow Lite model"),
    "GGUF": (b"GGUF\x03\0\0\0" + bytes(40), "is a GGUF file"),
    "one array": (b"\x93NUMPY\x01\0v\0{'descr': '<f4'", "is a single NumPy array"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + bytes(40), "is a 7z archive"),
    "MATLAB": (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "is a MATLAB file"),
    "parquet": (b"PAR1" + bytes(40), "is a table of data"),
}


@pytest.mark.parametrize("name", NAMED)
def test_other_files_are_called_what_they_are(name: str, tmp_path: Path) -> None:
    content, sentence = NAMED[name]
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(CheckpointError, match=sentence) as refused:
        header_of(tmp_path / "x")
    assert "Repository" not in str(refused.value)  # a line of another file is not shown


def test_the_data_of_a_tensorflow_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "model.ckpt.data-00000-of-00001").write_bytes(b"\x01" * 100)
    with pytest.raises(CheckpointError, match="is a part of a TensorFlow checkpoint"):
        header_of(tmp_path / "model.ckpt.data-00000-of-00001")


# -- programs that torch wrote


class Doubled(torch.nn.Linear):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.linear(x, self.weight) * 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_torchscript_is_called_that(tmp_path: Path) -> None:
    made = {
        "traced": torch.jit.trace(torch.nn.Linear(8, 16), torch.randn(1, 8)),
        "scripted": torch.jit.script(Doubled(2, 3)),
        "with parts": torch.jit.script(torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU())),
    }
    for name, program in made.items():
        torch.jit.save(program, tmp_path / name)
        with pytest.raises(CheckpointError, match="is a TorchScript program") as refused:
            header_of(tmp_path / name)
        assert "torch.jit.load(path).state_dict()" in str(refused.value.help)


@pytest.mark.filterwarnings("ignore:TypedStorage")
def test_a_package_and_an_exported_program(tmp_path: Path) -> None:
    with torch.package.PackageExporter(tmp_path / "package") as exporter:
        exporter.save_pickle("model", "model.pkl", {"w": torch.ones(1)})
    with pytest.raises(CheckpointError, match="is a package of code"):
        header_of(tmp_path / "package")
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("model/archive_format", b"pt2")
        archive.writestr("model/data/weights/weight_0", pickle.dumps(1))
    (tmp_path / "program").write_bytes(file.getvalue())
    with pytest.raises(CheckpointError, match="is an exported program"):
        header_of(tmp_path / "program")
