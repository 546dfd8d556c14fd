"""Files are opened to read in one place: a lint that finds every other opener, and what that one refuses."""

from __future__ import annotations

import ast
import gzip
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

import getdsl
from getdsl.cli import main
from getdsl.diagnostics import UserError
from getdsl.formats.text import FormatError, read_content
from getdsl.text.opener import NotAFileError, TooLargeError, open_file, read_bytes
from tests.house import modules

PACKAGE = Path(__file__).parent.parent / "getdsl"
METHODS = {"open", "read_text", "read_bytes", "fromfile", "loadtxt", "genfromtxt", "memmap", "open_group"}
FUNCTIONS = {
    *"open fdopen safe_open load_file mmap ZipFile GzipFile TarFile BZ2File LZMAFile urlopen".split(),
    *"torch.load numpy.load np.load zarr.load zarr.open pickle.load joblib.load h5py.File".split(),
}
OTHERS = {  # that open a file otherwise, and why they may
    "compiler/sections/verdicts.py:keep": "appends to a cache of its own",
    "data/anndata_file.py:_opened": "reads by place, which its library does",
    "data/genome_files.py:__init__": "maps what is in the cache",
    "data/genome_files.py:_unpack": "writes a folder of the cache anew",
    "data/genomes/haplotype.py:__init__": "maps what is in the cache",
    "data/genomes/haplotype.py:write_haplotype": "writes a folder of the cache anew",
    "formats/array_data.py:_opened": "a library reads what the opener looked at",
    "formats/array_data.py:_table": "lines in memory",
    "formats/array_data.py:_values": "bytes that the opener read",
    "formats/bigwig.py:__init__": "a library reads what the opener looked at",
    "formats/bigwig.py:write_bigwig": "writes a file of its own",
    "formats/cool.py:_sizes": "reads from an open file",
    "data/region_motif/store.py:open_group": "a zarr group is a folder, which zarr reads",
    "data/region_motif/write.py:write_region_motif": "writes a folder anew",
    "data/region_motif/older.py:_both_strands": "while the opener holds it open",
    "data/store/group.py:zarr_group": "a zarr group is a folder, which zarr reads and writes",
    "data/store/shard.py:map_shard": "maps what the opener opened",
    "data/store/shard.py:write_shard": "writes a file anew",
    "formats/text.py:read_content": "unpacks bytes in memory",
    "formats/text.py:unpacked": "unpacks what the opener opened",
    "runs/run_folder/checkpoint.py:_training": "while the opener holds it open",
    "runs/outcome/log.py:logged": "appends to a log of its own",
    "runs/interpret/modisco.py:write_npz": "writes a file of its own",
    "runs/interpret/store.py:__init__": "writes a folder of its own",
    "runs/interpret/store.py:_done": "reads the attributes of a zarr group",
    "runs/interpret/stored.py:__init__": "a zarr group is a folder, which zarr reads",
    "runs/interpret/stored.py:layout_of": "reads the attributes of a zarr group",
    "runs/run_folder/lock.py:_taken": "a lock of its own",
    "runs/run_folder/lock.py:is_locked": "asks after that lock, and reads nothing",
    "runs/predict/in_memory.py:dataset_of": "a zarr group in memory",
    "runs/predict/forms.py:ours": "reads the attributes of a zarr group",
    "runs/predict/parquet_form.py:finish": "reads a zarr group of its own",
    "runs/predict/partial.py:group": "writes a folder of its own",
    "runs/predict/track_form.py:finish": "reads a zarr group of its own",
    "runs/score/tables.py:joined": "writes a file anew",
    "text/opener.py:open_file": "the opener",
    "text/whole.py:whole_file": "syncs what it wrote",
    "weights/download.py:_attempt": "an address, not a file",
    "weights/download.py:_locked": "writes a lock of its own",
    "weights/download.py:_take": "writes what is fetched",
    "weights/safetensors_file.py:read_content": "while the opener holds it open",
    "weights/stored.py:__init__": "maps what the opener opened",
    "weights/tensors.py:load_plain": "while the opener holds it open",
    "weights/tensors.py:read": "a file whose header the opener read",
    "weights/archive.py:entries_of": "reads from an open file",
    "weights/hdf5_file.py:__init__": "reads from an open file",
    "weights/write_ours.py:write_ours": "writes a file of its own",
}
NOT_FILES = {"Session.open", "reader.open", "self._sequence.open", "self._signal.open"}


def openers(tree: ast.AST, function: str = "") -> Iterator[tuple[str, str]]:
    """The function, and what is called in it that may open a file."""
    for node in ast.iter_child_nodes(tree):
        inside = node.name if isinstance(node, ast.FunctionDef) else function
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            last = called.rpartition(".")[2]
            method = isinstance(node.func, ast.Attribute) and last in METHODS
            if (method or called in FUNCTIONS or last in FUNCTIONS) and called not in NOT_FILES:
                yield inside, called
        yield from openers(node, inside)


def test_no_other_place_opens_files() -> None:
    found = {
        f"{path.relative_to(PACKAGE).as_posix()}:{function}": called
        for path in modules(PACKAGE).values()
        for function, called in openers(ast.parse(path.read_text()))
    }
    assert {place: called for place, called in found.items() if place not in OTHERS} == {}
    assert OTHERS.keys() - found.keys() == set()


@pytest.mark.parametrize(
    "code",
    [
        "open('x')",
        "path.open()",
        "Path('x').read_text()",
        "os.open('x', 0)",
        "gzip.open('x')",
        "np.load('x')",
        "torch.load('x')",
        "np.memmap('x')",
        "zipfile.ZipFile('x')",
        "h5py.File('x')",
    ],
)
def test_an_opener_is_found(code: str) -> None:
    assert [function for function, _ in openers(ast.parse(f"def f():\n    {code}"))] == ["f"]


# ---- what the opener refuses


@pytest.fixture
def strange(tmp_path: Path) -> Iterator[dict[str, Path]]:
    """Things that are no files, by what they are."""
    os.mkfifo(tmp_path / "pipe")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tmp_path / "socket"))
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "lost").symlink_to("nowhere")
    (tmp_path / "to a device").symlink_to("/dev/zero")
    (tmp_path / "to a pipe").symlink_to("pipe")
    (tmp_path / "folder").mkdir()
    yield {path.name: path for path in tmp_path.iterdir()} | {
        "device": Path("/dev/zero"),
        "a name with a null": tmp_path / "a\0b",
        "nothing": tmp_path / "nothing",
    }
    server.close()


def test_what_is_no_file_is_refused_at_once(strange: dict[str, Path]) -> None:
    kinds = {}
    for name, path in strange.items():
        with pytest.raises(OSError) as caught, open_file(path):  # noqa: PT011
            pass
        kinds[name] = str(caught.value.strerror).lower()
    assert kinds == {
        "pipe": "it is a pipe, not a file",
        "to a pipe": "it is a pipe, not a file",
        "socket": "it is a socket, not a file",
        "loop": "too many levels of symbolic links",
        "lost": "no such file or directory",
        "nothing": "no such file or directory",
        "a name with a null": "there is no such file",
        "to a device": "it is a device, not a file",
        "device": "it is a device, not a file",
        "folder": "it is a folder",
    }
    with pytest.raises(NotAFileError), open_file(strange["device"]):
        pass


def test_what_is_put_in_the_place_of_a_file_is_refused_too(
    strange: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at the path and its opening another may have come there."""
    look, file = os.stat, Path(__file__)
    monkeypatch.setattr(
        os, "stat", lambda path, **named: look(file if path in strange.values() else path, **named)
    )
    for name in ("pipe", "to a device"):
        with pytest.raises(NotAFileError), open_file(strange[name]):
            pass


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345")
    assert read_bytes(path, 5) == b"12345"
    with pytest.raises(TooLargeError, match="it holds more than 4 bytes"):
        read_bytes(path, 4)
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a hole, which claims a terabyte
    with pytest.raises(TooLargeError):
        read_bytes(path, 1000)


def test_a_bomb_of_gzip_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(bytes(1 << 24)))
    assert len(read_content(path)) == 1 << 24
    with pytest.raises(FormatError, match="it holds more than 1,048,576 bytes"):
        read_content(path, 1 << 20)


# ---- through the commands: each place that takes a file


def command(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """The exit code of a command, and what it printed."""
    code = main(list(map(str, arguments)))
    return code, *capsys.readouterr()


MODEL = "model M { input x: [B, 4]\n output y = relu(x) }\n"
PLACES = {
    "spec": ("", ["check", "FILE"]),
    "use": ('use "FILE"\n' + MODEL, ["check", "spec.get"]),
    "params": (MODEL, ["check", "spec.get", "--params", "FILE"]),
    "plan": (MODEL, ["train", "spec.get", "-o", "out", "--plan", "FILE"]),
    "config": ("", ["import", "FILE"]),
    "checkpoint": ("", ["evaluate", "FILE"]),
    "load": (MODEL.replace("relu(x)", "x -> Linear(3)") + 'load "c" { path = "FILE" }', ["plan", "spec.get"]),
}


@pytest.mark.parametrize("place", PLACES)
def test_every_command_refuses_them_with_a_sentence(
    place: str,
    strange: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    text, arguments = PLACES[place]
    for name in ("to a pipe", "device", "folder"):
        (tmp_path / "spec.get").write_text(text.replace("FILE", str(strange[name])))
        filled = [word.replace("FILE", str(strange[name])) for word in arguments]
        code, _, told = command(capsys, *filled)
        assert code == 1, (name, told)
        assert told.strip()
        assert "Traceback" not in told
        assert "bug in getdsl" not in told


# ---- a line of a file that is no spec is not shown

SECRETS = {
    "passwd": "root:x:0:0:root:/root:/bin/bash\nsecret:x:1:1::/:/bin/sh\n",
    "key": "-----BEGIN OPENSSH PRIVATE KEY-----\nsecret\n",
    "settings": "# what nobody should see\npassword = secret\n",
    "json": '{"secret": 1}',
    "yaml": "secret: 1\n",
    "ssh": "Host secret\n    HostName example.org\n",
    "nginx": "server { secret on; }",
    "words": "secret words of somebody",
    "table": "secret\t1\t2\n",
}


@pytest.mark.parametrize("link", [False, True])
@pytest.mark.parametrize("text", SECRETS.values(), ids=SECRETS)
def test_what_is_no_spec_is_not_shown(
    text: str,
    link: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.txt").write_text(text)
    (tmp_path / "part.get").symlink_to("secret.txt")
    used = "part.get" if link else "secret.txt"
    (tmp_path / "spec.get").write_text(f'use "{used}"\n{MODEL}')
    checked = getdsl.check(tmp_path / "spec.get")
    assert [item.code for item in checked.diagnostics] == ["GET101"]
    assert "it is not a spec" in checked.diagnostics[0].message
    for shown in ("text", "json", "github"):
        code, out, err = command(capsys, "check", "spec.get", "--format", shown)
        assert code == 1
        assert "secret" not in (out + err).replace("secret.txt", "")


def test_a_spec_that_is_used_is_taken_for_one(tmp_path: Path) -> None:
    beginnings = [
        *(
            "",
            "# a comment",
            "\ufeff# a comment\n\n",
            'use "other.get"',
            "modle M { }",
            "train{ epochs = 3 }",
        ),
        *('load "a" { }', "blok B { }", "moddel\nM { }"),
    ]
    for text in beginnings:
        (tmp_path / "part.get").write_text(text)
        (tmp_path / "spec.get").write_text(f'use "part.get"\n{MODEL}')
        messages = [item.message for item in getdsl.check(tmp_path / "spec.get").diagnostics]
        assert not any("not a spec" in message for message in messages), (text, messages)


def test_config_of_the_user_is_opened_the_same_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from getdsl import trust

    os.mkfifo(tmp_path / "config.yaml")
    monkeypatch.setattr(trust, "config_path", lambda: tmp_path / "config.yaml")
    with pytest.raises(UserError, match="it is a pipe, not a file"):
        trust.trust_of([]).covers(tmp_path / "x.get")
