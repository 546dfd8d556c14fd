"""Torch files that hold more than tensors: refused with the option to add, read where they are trusted."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from getdsl.trust import trust_of
from getdsl.weights.errors import CheckpointError
from getdsl.weights.tensors import open_tensors
from tests.weights.files import assert_equal, header_of, some_tensors
from tests.weights.stranger import Settings, Table, lightning_file, save_foreign

OLD = {"_use_new_zipfile_serialization": False}
UNALIGNED = {"half": torch.ones(1, dtype=torch.float16), "wide": torch.arange(3, dtype=torch.float64)}


def trusted(path: Path) -> dict[str, Tensor]:
    header = header_of(path, trust=trust_of([path]))
    assert header.foreign
    with open_tensors(header) as tensors:
        return {name: tensors[name].clone() for name in tensors}


@pytest.mark.parametrize("options", [{}, OLD], ids=["zip", "legacy"])
def test_a_lightning_checkpoint_with_hydra_settings(options: dict[str, Any], tmp_path: Path) -> None:
    path = lightning_file(tmp_path / "get.ckpt", some_tensors(), **options)
    before = {name for name in sys.modules if name.startswith("omegaconf")}
    with pytest.raises(CheckpointError, match=r"asks to run `functools\.partial`") as refused:
        header_of(path, trust=trust_of([]))
    assert f"add `--trust {path}`" in str(refused.value.help)
    header = header_of(path, trust=trust_of([path]))
    assert header.unwrapped == ("state_dict", "model.")
    assert {"omegaconf.dictconfig.DictConfig", "argparse.Namespace", "functools.partial"} <= set(
        header.foreign
    )
    assert_equal(trusted(path), some_tensors())
    assert {name for name in sys.modules if name.startswith("omegaconf")} == before


def test_values_are_those_that_torch_reads(tmp_path: Path) -> None:
    """Views, types, offsets that do not fit their type; torch may run the file here, it is ours."""
    weights = {**UNALIGNED, **some_tensors(), "parameter": torch.nn.Parameter(torch.randn(2, 2))}
    weights["complex"] = torch.randn(2, dtype=torch.complex64)
    for options in (OLD, {}):
        if not options:  # the old format has no such type
            weights["low"] = torch.randn(4).to(torch.float8_e4m3fn)
        torch.save({"model": weights, "more": Path("x")}, tmp_path / "x", **options)
        expected = torch.load(tmp_path / "x", weights_only=False)["model"]
        assert_equal(trusted(tmp_path / "x"), {name: tensor.detach() for name, tensor in expected.items()})
        with open_tensors(header_of(tmp_path / "x", trust=trust_of(True))) as tensors:
            assert all(tensor.data_ptr() % tensor.element_size() == 0 for tensor in tensors.values())


def test_a_plain_file_is_read_by_torch_even_where_it_is_trusted(tmp_path: Path) -> None:
    torch.save({"w": torch.zeros(2)}, tmp_path / "x")
    assert header_of(tmp_path / "x", trust=trust_of(True)).foreign == ()


def test_tensors_inside_foreign_objects(tmp_path: Path) -> None:
    inside = Settings({"encoder": Table(w=torch.arange(4.0))})
    path = save_foreign(tmp_path / "x", {"state_dict": inside, "note": Path("x")})
    header = header_of(path, "state_dict", trust=trust_of(True))
    assert list(header.tensors) == ["_content.encoder.w"]
    with open_tensors(header) as tensors:
        assert torch.equal(tensors["_content.encoder.w"], torch.arange(4.0))


def test_the_file_stays_as_it_is(tmp_path: Path) -> None:
    path = lightning_file(tmp_path / "x", some_tensors())
    before = path.read_bytes()
    with open_tensors(header_of(path, trust=trust_of(True))) as tensors:
        tensors["encoder.weight"].zero_()
    assert path.read_bytes() == before


def test_lazy_views_are_refused(tmp_path: Path) -> None:
    save_foreign(tmp_path / "x", {"w": torch.ones(2, dtype=torch.complex64).conj(), "more": Path("x")})
    with pytest.raises(CheckpointError, match="conjugated"):
        trusted(tmp_path / "x")


def test_trust_is_of_one_file(tmp_path: Path) -> None:
    one = lightning_file(tmp_path / "one", some_tensors())
    other = lightning_file(tmp_path / "other", some_tensors())
    (tmp_path / "link").symlink_to(one)
    assert header_of(one, trust=trust_of([tmp_path / "link"])).foreign
    with pytest.raises(CheckpointError, match="other` is refused"):
        header_of(other, trust=trust_of([one]))
    with pytest.raises(CheckpointError, match="is refused") as refused:
        header_of(other)  # where trust is not asked for, the option is not named
    assert "--trust" not in str(refused.value.help)
