"""`load "hf://org/name"`: through huggingface_hub, settled by a commit or a hash."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import save_file

from getdsl.formats.checkpoint_header import LoadRequest
from getdsl.weights.errors import CheckpointError
from getdsl.weights.hashing import sha256_of
from getdsl.weights.header import read_header
from getdsl.weights.hub import fetch_from_hub

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """A hub of one repository; what was asked of it."""
    (tmp_path / "blob").write_bytes(b"")
    save_file({"w": torch.arange(3.0)}, tmp_path / "blob")
    (tmp_path / "model.safetensors").symlink_to("blob")  # as its cache has files
    found: list[dict[str, object]] = []

    def hf_hub_download(**request: object) -> str:
        found.append(request)
        if request["repo_id"] != "org/name":
            raise RuntimeError("404 Client Error.\nRepository Not Found")
        if request["local_files_only"]:
            raise RuntimeError("it is not in the cache")
        return str(tmp_path / "model.safetensors")

    fake = ModuleType("huggingface_hub")
    fake.hf_hub_download = hf_hub_download  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "huggingface_hub", fake)
    return found


def test_a_file_at_a_commit(asked: list[dict[str, object]]) -> None:
    header = read_header(LoadRequest(f"hf://org/name@{COMMIT}"))
    assert list(header.tensors) == ["w"]
    [request] = asked
    assert request == {
        "repo_id": "org/name", "filename": "model.safetensors", "revision": COMMIT, "local_files_only": False,
    }  # fmt: skip


def test_a_file_by_its_hash(asked: list[dict[str, object]], tmp_path: Path) -> None:
    sha256 = sha256_of([tmp_path / "blob"])
    assert fetch_from_hub("hf://org/name/sub/other.bin@v1.0", sha256) == tmp_path / "blob"
    assert (asked[0]["filename"], asked[0]["revision"]) == ("sub/other.bin", "v1.0")
    with pytest.raises(CheckpointError, match="is not the file that `sha256` names"):
        fetch_from_hub("hf://org/name", "0" * 64)


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("hf://org/name", "names no commit"),
        ("hf://org/name@main", "names no commit"),
        ("hf://name", "no address of a hub"),
        (f"hf://org/name/../../x@{COMMIT}", "no address of a hub"),
        (f"hf://org/gone@{COMMIT}", r"404 Client Error\.$"),
    ],
)
def test_what_is_refused(asked: list[dict[str, object]], address: str, message: str) -> None:
    with pytest.raises(CheckpointError, match=message):
        fetch_from_hub(address, None)


def test_offline(asked: list[dict[str, object]]) -> None:
    with pytest.raises(CheckpointError, match="not in the cache") as told:
        fetch_from_hub(f"hf://org/name@{COMMIT}", None, offline=True)
    assert "without `--offline`" in str(told.value.help)


def test_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(CheckpointError, match="needs huggingface_hub") as told:
        fetch_from_hub(f"hf://org/name@{COMMIT}", None)
    assert told.value.help == "run `pip install 'getdsl[hub]'`"
