"""Pickles that would run code: refused with the name that they ask for, and never run."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from getdsl.trust import trust_of
from getdsl.weights.errors import CheckpointError
from getdsl.weights.sniff import LEGACY
from getdsl.weights.tensors import load_plain, open_tensors
from tests.weights.files import header_of


class Reduced:
    """Pickled as a call."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def text(value: str) -> bytes:
    return b"X" + len(value.encode()).to_bytes(4, "little") + value.encode()


def command(marker: Path) -> str:
    return f"touch {marker}"


def python(marker: Path) -> str:
    return f"open({str(marker)!r}, 'w').close()"


# Each makes a pickle that would create the marker were it run; and the name that it asks for.
PAYLOADS: dict[str, tuple[str, Callable[[Path], bytes]]] = {
    "os.system": ("posix.system", lambda marker: pickle.dumps(Reduced(os.system, command(marker)), 2)),
    "eval": ("builtins.eval", lambda marker: pickle.dumps(Reduced(eval, python(marker)), 2)),
    "exec": ("builtins.exec", lambda marker: pickle.dumps(Reduced(exec, python(marker)), 2)),
    "Popen": (
        "subprocess.Popen",
        lambda marker: pickle.dumps(Reduced(subprocess.Popen, ["touch", str(marker)]), 2),
    ),
    "open": ("io.open", lambda marker: pickle.dumps(Reduced(open, str(marker), "w"), 2)),
    "getattr": (
        "builtins.getattr",
        lambda marker: pickle.dumps(Reduced(getattr, Reduced(__import__, "os"), "system"), 2),
    ),
    "stack global": (
        "posix.system",
        lambda marker: (
            b"\x80\x04" + text("posix") + text("system") + b"\x93" + text(command(marker)) + b"\x85R."
        ),
    ),
    "inst": ("posix.system", lambda marker: b"\x80\x02(" + text(command(marker)) + b"iposix\nsystem\n."),
    "obj": ("posix.system", lambda marker: b"\x80\x02(cposix\nsystem\n" + text(command(marker)) + b"o."),
    "newobj": (
        "subprocess.Popen",
        lambda marker: b"\x80\x02csubprocess\nPopen\n" + text(command(marker)) + b"\x85\x81.",
    ),
    "build": (  # __setstate__ of an object becomes the function, and its state the argument
        "posix.system",
        lambda marker: (
            b"\x80\x02ccollections\nOrderedDict\n)R}"
            + text("__setstate__")
            + b"cposix\nsystem\nsb"
            + text(command(marker))
            + b"b."
        ),
    ),
    "in a state_dict": (
        "posix.system",
        lambda marker: pickle.dumps(
            {"state_dict": {"a": [{"b": (Reduced(os.system, command(marker)),)}]}}, 2
        ),
    ),
    "as a key": ("posix.system", lambda marker: pickle.dumps({Reduced(os.system, command(marker)): 1}, 2)),
    "torch's own loader": (
        "torch.serialization.load",
        lambda marker: pickle.dumps(Reduced(torch.load, str(marker)), 2),
    ),
    "torch module": ("torch.nn.modules.linear.Linear", lambda marker: pickle.dumps(torch.nn.Linear(1, 1), 2)),
}


def zipped(content: bytes) -> bytes:
    """The pickle in an archive such as torch writes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", content)
        archive.writestr("archive/version", b"3\n")
    return file.getvalue()


def legacy(content: bytes) -> bytes:
    """The pickle in a file such as torch wrote before 1.6."""
    start = pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2)
    assert LEGACY.match(start)
    return start + pickle.dumps({"little_endian": True}, 2) + content + pickle.dumps([], 2)


@pytest.mark.parametrize("wrap", [zipped, legacy])
@pytest.mark.parametrize("name", PAYLOADS)
def test_payloads(name: str, wrap: Callable[[bytes], bytes], tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    asked, make = PAYLOADS[name]
    (tmp_path / "x.pth").write_bytes(wrap(make(marker)))
    with pytest.raises(CheckpointError, match=f"is refused: it asks to run `{asked}`"):
        header_of(tmp_path / "x.pth")
    with pytest.raises(CheckpointError):  # torch's own reader of data alone, which would come after ours
        load_plain(tmp_path / "x.pth")
    assert not marker.exists()


@pytest.mark.parametrize("wrap", [zipped, legacy])
@pytest.mark.parametrize("name", PAYLOADS)
def test_payloads_in_trusted_files_do_not_run_either(
    name: str, wrap: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    """Trust lets a file be read past such a name, and no further."""
    marker = tmp_path / "executed"
    (tmp_path / "x.pth").write_bytes(wrap(PAYLOADS[name][1](marker)))
    with pytest.raises(CheckpointError, match=r"holds no tensors|with protocol 4|is not made from a storage"):
        header_of(tmp_path / "x.pth", trust=trust_of(True))
    assert not marker.exists()


@pytest.mark.parametrize(
    "name", [name for name in PAYLOADS if name != "torch module"]
)  # it has its own tensors
def test_payloads_beside_tensors_do_not_run(name: str, tmp_path: Path) -> None:
    """The payload of a trusted file stands before its tensors, which are read."""
    marker = tmp_path / "executed"
    payload = PAYLOADS[name][1](marker)
    body = payload[2:-1] if payload[:1] == b"\x80" else payload[:-1]
    weights = {"w": torch.arange(6.0).reshape(2, 3)}
    torch.save(weights, tmp_path / "x")
    with zipfile.ZipFile(tmp_path / "x") as archive:
        data, values = archive.read("x/data.pkl"), archive.read("x/data/0")
    assert data[:2] == b"\x80\x02"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("x/data.pkl", data[:2] + body + b"0" + data[2:])  # made, and let go
        archive.writestr("x/data/0", values)
    (tmp_path / "x").write_bytes(file.getvalue())
    with pytest.raises(CheckpointError, match="is refused: it asks to run"):
        header_of(tmp_path / "x")
    header = header_of(tmp_path / "x", trust=trust_of([tmp_path / "x"]))
    with open_tensors(header) as tensors:
        assert torch.equal(tensors["w"], weights["w"])
    assert PAYLOADS[name][0] in header.foreign
    assert not marker.exists()


def test_a_pickle_changes_nothing_of_the_reader(tmp_path: Path) -> None:
    """BUILD with a pair of states sets attributes, of a class too, if it gets hold of one."""
    for container in (b"ccollections\nCounter\n", b"ccollections\nOrderedDict\n"):
        lie = b"\x80\x02" + container + b"N}" + text("most_common") + b"K\x01s\x86b."
        for trust in (False, True):
            (tmp_path / "x").write_bytes(zipped(lie))
            with pytest.raises(CheckpointError, match="holds no tensors"):
                header_of(tmp_path / "x", trust=trust_of(trust))
    assert callable(Counter.most_common)


@pytest.mark.parametrize("place", ["version", "magic", "system", "keys"])
def test_payloads_around_a_legacy_checkpoint(place: str, tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    bad = PAYLOADS["os.system"][1](marker)
    parts = {
        "magic": pickle.dumps(0x1950A86A20F9469CFC6C, 2),
        "version": pickle.dumps(1001, 2),
        "system": pickle.dumps({"little_endian": True}, 2),
        "content": pickle.dumps({}, 2),
        "keys": pickle.dumps([], 2),
    }
    (tmp_path / "x").write_bytes(b"".join((parts | {place: bad}).values()))
    with pytest.raises(CheckpointError, match=r"refused|pickles can run code and are not opened"):
        header_of(tmp_path / "x")
    assert not marker.exists()


@pytest.mark.parametrize("name", PAYLOADS)
def test_plain_pickles_are_not_opened(name: str, tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    (tmp_path / "x.pkl").write_bytes(PAYLOADS[name][1](marker))
    with pytest.raises(CheckpointError, match="pickles can run code and are not opened"):
        header_of(tmp_path / "x.pkl")
    assert not marker.exists()


# -- archives and pickles that would use up the machine


def refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(CheckpointError, match=sentence):
        header_of(tmp_path / "x")


def test_zip_bombs(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(50_000_000))
    refused(tmp_path, file.getvalue(), "its description of the tensors cannot be read")


def test_archives_that_torch_did_not_write(tmp_path: Path) -> None:
    for name in ("word/document.xml", "data.pkl", "/data.pkl"):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr(name, b"x")
        refused(tmp_path, file.getvalue(), "not one that torch wrote")


def test_torchscript(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("archive/data.pkl", pickle.dumps({}, 2))
        archive.writestr("archive/constants.pkl", pickle.dumps((), 2))
    refused(tmp_path, file.getvalue(), "is a TorchScript program")


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x02}r\xff\xff\xff\xff.",  # a place in the memo of the C reader: 64 GB
        b"\x80\x02\x8b\xff\xff\xff\x7f1.",  # a number of 2 GB
        b"\x80\x04\x96\xff\xff\xff\xff\xff\x00\x00\x00.",  # a byte array of 1 TB
        b"\x80\x04\x8e\xff\xff\xff\xff\xff\x00\x00\x00.",  # bytes of 1 TB
        b"\x80\x02" + b"(" * 100_000 + b".",
        b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".",
    ],
)
def test_pickles_of_absurd_size(content: bytes, tmp_path: Path) -> None:
    refused(tmp_path, zipped(content), "its description of the tensors cannot be read|holds no tensors")


def test_content_without_end(tmp_path: Path) -> None:
    twice: dict[str, Any] = {}
    for _ in range(30):
        twice = {"a": twice, "b": twice}  # 2^30 mappings, in a few hundred bytes
    refused(tmp_path, zipped(pickle.dumps(twice, 2)), "holds no tensors")
    circle: dict[str, Any] = {}
    circle["a"] = circle
    refused(tmp_path, zipped(pickle.dumps(circle, 2)), "holds no tensors")
    deep: list[Any] = []
    for _ in range(200):
        deep = [deep]
    refused(tmp_path, zipped(pickle.dumps({"a": deep}, 2)), "is nested without end")


def test_tensors_without_end(tmp_path: Path) -> None:
    twice: dict[str, Any] = {"w": torch.ones(1)}
    for _ in range(30):
        twice = {"a": twice, "b": twice}
    torch.save({"w": torch.ones(1), "x": twice}, tmp_path / "x")
    with pytest.raises(CheckpointError, match="is nested without end"):
        header_of(tmp_path / "x")


def test_tensors_that_reach_beyond_their_storage(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(7)}, tmp_path / "x")
    content = (tmp_path / "x").read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        data, values = archive.read("x/data.pkl"), archive.read("x/data/0")
    for lie in (data.replace(b"K\x07", b"K\x08", 1), data.replace(b"K\x07\x85", b"K\x08\x85")):
        assert lie != data
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("x/data.pkl", lie)
            archive.writestr("x/data/0", values)
        refused(tmp_path, file.getvalue(), "are claimed|reaches beyond its storage")
