"""Every format gives the same tensors, under the same names, whatever the file is called."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from getdsl.formats.checkpoint_header import LoadRequest, TensorInfo
from getdsl.weights.errors import CheckpointError
from getdsl.weights.hashing import sha256_of
from getdsl.weights.header import read_header
from getdsl.weights.tensors import open_tensors
from tests.weights.files import (
    assert_equal,
    header_of,
    loaded,
    plain,
    some_tensors,
    write_ours,
    write_sharded,
)


def torch_file(folder: Path) -> Path:
    torch.save({"state_dict": some_tensors(), "epoch": 3}, folder / "a.pth")
    return folder / "a.pth"


def legacy_file(folder: Path) -> Path:
    torch.save(some_tensors(), folder / "a.bin", _use_new_zipfile_serialization=False)
    return folder / "a.bin"


def without_checksums(folder: Path) -> Path:
    before = torch.serialization.get_crc32_options()
    torch.serialization.set_crc32_options(False)
    try:
        return torch_file(folder)
    finally:
        torch.serialization.set_crc32_options(before)


def safetensors_file(folder: Path) -> Path:
    save_file(plain(some_tensors()), folder / "a.safetensors")
    return folder / "a.safetensors"


def module_file(folder: Path) -> Path:
    """Parameters in a module's own state dict, which has an attribute beside its items."""
    module = torch.nn.Module()
    for name, tensor in some_tensors().items():
        owner = module
        for part in name.split(".")[:-1]:
            if not hasattr(owner, part):
                owner.add_module(part, torch.nn.Module())
            owner = getattr(owner, part)
        owner.register_buffer(name.rpartition(".")[2], tensor)
    torch.save({"model": module.state_dict()}, folder / "a.pth")
    return folder / "a.pth"


WRITERS: tuple[Callable[[Path], Path], ...] = (
    torch_file,
    legacy_file,
    without_checksums,
    module_file,
    safetensors_file,
    lambda folder: write_sharded(folder / "parts", some_tensors()),
    lambda folder: write_sharded(folder / "parts", some_tensors()).parent,
    lambda folder: write_ours(folder / "a.safetensors", some_tensors()),
    lambda folder: write_ours(folder / "best.safetensors", some_tensors()).parent,
)


@pytest.mark.parametrize("write", WRITERS)
def test_every_format(write: Callable[[Path], Path], tmp_path: Path) -> None:
    path = write(tmp_path)
    header = header_of(path)
    assert_equal(loaded(path), some_tensors())
    assert header.tensors["encoder.weight"] == TensorInfo((4, 3), "F32")
    assert header.tensors["encoder.bias"] == TensorInfo((4,), "BF16")
    assert header.tensors["mask"].dtype == "BOOL"
    assert header.tensors["count"] == TensorInfo((), "I64")
    assert header.size == sum(item.stat().st_size for item in header.paths)


@pytest.mark.parametrize("write", [torch_file, legacy_file, safetensors_file])
def test_the_name_says_nothing(write: Callable[[Path], Path], tmp_path: Path) -> None:
    path = write(tmp_path)
    path = path.rename(tmp_path / f"x{'.pth' if path.suffix == '.safetensors' else '.safetensors'}")
    assert_equal(loaded(path), some_tensors())


@pytest.mark.parametrize("write", [torch_file, legacy_file, safetensors_file])
def test_headers_need_no_torch(write: Callable[[Path], Path], tmp_path: Path) -> None:
    code = (
        "import sys; from getdsl.formats.checkpoint_header import LoadRequest; "
        "from getdsl.weights.header import read_header; "
        f"print(len(read_header(LoadRequest({str(write(tmp_path))!r})).tensors), 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [str(len(some_tensors())), "False"]


def test_our_record_and_training_state(tmp_path: Path) -> None:
    from getdsl.runs.run_folder.checkpoint import read_checkpoint

    path = write_ours(tmp_path / "a", some_tensors(), {"seed": 5, "spec": {"model": "M"}})
    header = header_of(path)
    assert header.format == "getdsl"
    assert header.record["seed"] == 5
    assert not any(name.startswith("training:") for name in header.tensors)
    assert len(header.sha256 or "") == 64
    found = read_checkpoint(path)
    assert found.record == {"seed": 5, "spec": {"model": "M"}}
    assert found.training["betas"] == (0.9, 0.999)
    assert float(found.training["optimizer"]["state"][0]["step"]) == 3.0
    with pytest.raises(CheckpointError, match="nothing nested to pick"):
        header_of(path, "model")


def test_the_hash_inside_is_as_documented(tmp_path: Path) -> None:
    content = write_ours(tmp_path / "a", some_tensors()).read_bytes()
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    noted = header["__metadata__"]["getdsl.sha256"].encode()
    assert content.count(noted) == 1
    assert hashlib.sha256(content.replace(noted, b"0" * 64)).hexdigest().encode() == noted


# -- sha256


def test_sha256_of_a_file(tmp_path: Path) -> None:
    path = safetensors_file(tmp_path)
    right = sha256_of([path])
    assert read_header(LoadRequest(str(path), right.upper())).sha256 == right
    with pytest.raises(CheckpointError, match="is not the file that `sha256` names") as raised:
        read_header(LoadRequest(str(path), "0" * 64))
    assert right in str(raised.value)
    with pytest.raises(CheckpointError, match="is no sha256"):
        read_header(LoadRequest(str(path), "9f2c"))


def test_sha256_of_a_sharded_checkpoint_covers_its_parts(tmp_path: Path) -> None:
    index = write_sharded(tmp_path, some_tensors())
    parts = sorted(tmp_path.glob("*.safetensors"))
    joined = subprocess.run(
        f"cat {' '.join(map(str, [index, *parts]))} | sha256sum", shell=True, capture_output=True, text=True
    ).stdout.split()[0]
    request = LoadRequest(str(index), joined)
    assert read_header(request).sha256 == joined
    content = bytearray(parts[1].read_bytes())
    content[-1] ^= 1
    parts[1].write_bytes(content)
    with pytest.raises(CheckpointError, match="is not the file"):
        read_header(request)


# -- what is no checkpoint


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is damaged: it is empty"),
        (b"hello, world\n", "is not a checkpoint"),
        (b"<!DOCTYPE html><html>", "is a web page"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (b"\x1f\x8b\x08\x00aaaaaaaa", "compressed with gzip"),
        (b"\x89HDF\r\n\x1a\n" + bytes(8), "is damaged: HDF5 cannot read it"),
        (b'{"weights": 1}', "is not the index of a sharded checkpoint"),
        (b'{"weight_map": {}}', "is not the index of a sharded checkpoint"),
        (b'{"weight_map": {"a": "../b.safetensors"}}', "leads out of its folder"),
        (b'{"weight_map": {"a": "/etc/passwd"}}', "leads out of its folder"),
        (b"{" * 100_000, "is not the index of a sharded checkpoint"),
        (b"\x80\x04\x95" + bytes(8) + b"N.", "is a pickle, but not one that torch wrote"),
        ((1 << 62).to_bytes(8, "little") + b'{"a":1}', "its header lies"),
        (b"PK\x03\x04" + bytes(40), "its archive cannot be read"),
    ],
)
def test_no_checkpoint(content: bytes, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(CheckpointError, match=sentence):
        header_of(tmp_path / "x")


@pytest.mark.parametrize("shape", [[0, 2**63 - 1], [2**49, 0]])
def test_absurd_axes_beside_an_empty_one(shape: list[int], tmp_path: Path) -> None:
    """No bytes, so the library lets them pass; torch could not make such a tensor."""
    header = json.dumps({"a": {"dtype": "F32", "shape": shape, "data_offsets": [0, 0]}}).encode()
    (tmp_path / "x").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(CheckpointError, match="its tensor `a` claims the shape"):
        header_of(tmp_path / "x")


def test_absent_and_folders(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="there is no checkpoint"):
        header_of(tmp_path / "absent.pth")
    with pytest.raises(CheckpointError, match="is a folder without a checkpoint"):
        header_of(tmp_path)
    for name in ("a", "b"):
        (tmp_path / f"{name}.index.json").write_text("{}")
    with pytest.raises(CheckpointError, match=r"several indexes: `a.index.json`, `b.index.json`"):
        header_of(tmp_path)


def test_part_that_is_missing_or_another(tmp_path: Path) -> None:
    index = write_sharded(tmp_path, some_tensors())
    part = tmp_path / "model-00002-of-00002.safetensors"
    save_file({"other": torch.zeros(1)}, part)
    with pytest.raises(CheckpointError, match="which does not hold it"):
        header_of(index)
    part.unlink()
    with pytest.raises(CheckpointError, match=r"there is no checkpoint .*00002-of-00002"):
        header_of(index)


# -- links, pipes, devices


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(safetensors_file(tmp_path))
    assert_equal(loaded(tmp_path / "link"), some_tensors())
    (tmp_path / "nowhere").symlink_to(tmp_path / "absent")
    with pytest.raises(CheckpointError, match="a link that leads nowhere"):
        header_of(tmp_path / "nowhere")
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(CheckpointError, match="cannot read"):
        header_of(tmp_path / "circle")


def test_pipes_and_devices_do_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(CheckpointError, match="is a pipe, not a checkpoint"):
        header_of(tmp_path / "pipe")
    with pytest.raises(CheckpointError, match="is a device, not a checkpoint"):
        header_of("/dev/zero")
    (tmp_path / "link").symlink_to("/dev/zero")
    with pytest.raises(CheckpointError, match="is a device, not a checkpoint"):
        header_of(tmp_path / "link")


# -- files that change under the reader


@pytest.mark.parametrize("write", [torch_file, safetensors_file])
def test_a_file_that_is_cut_short_while_it_is_used(write: Callable[[Path], Path], tmp_path: Path) -> None:
    path = write(tmp_path)
    header = header_of(path)
    with open_tensors(header) as tensors:
        assert tensors["encoder.weight"].shape == (4, 3)
        os.truncate(path, 100)
        with pytest.raises(CheckpointError, match="has changed since its header was read"):
            tensors["wide"]
    with pytest.raises(CheckpointError, match="has changed"), open_tensors(header):
        pass


def test_values_of_a_torch_file_are_held_against_its_checksums(tmp_path: Path) -> None:
    path = torch_file(tmp_path)
    content = bytearray(path.read_bytes())
    at = bytes(content).index(some_tensors()["wide"].numpy().tobytes())
    content[at] ^= 1
    path.write_bytes(content)
    header = header_of(path)  # says nothing: it reads no values
    with pytest.raises(CheckpointError, match="the checksum of its part `data/"), open_tensors(header):
        pass


@pytest.mark.parametrize(("field", "change"), [(28, -8), (28, 4), (26, -1), (8, 8), (30, 1)])
def test_local_headers_that_do_not_fit_the_directory(field: int, change: int, tmp_path: Path) -> None:
    """They say where values begin: without checksums, wrong ones would go unseen."""
    path = without_checksums(tmp_path)
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo("a/data/0").header_offset + field
    content[at] = (content[at] + change) % 256
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="its archive's directory does not fit its content"):
        header_of(path)


def test_our_hash_may_wait_until_the_values_are_read(tmp_path: Path) -> None:
    path = write_ours(tmp_path / "a", some_tensors())
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="does not fit its hash"):
        header_of(path)
    header = header_of(path, verify=False)
    assert header.sha256 is None
    with pytest.raises(CheckpointError, match="does not fit its hash"), open_tensors(header):
        pass
