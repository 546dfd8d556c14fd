"""Models that were pickled whole: their weights are read under the names of their state dict, in one step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from getdsl.trust import trust_of
from getdsl.weights.errors import CheckpointError
from getdsl.weights.tensors import open_tensors
from tests.weights.files import assert_equal, header_of


class Net(nn.Module):
    """Buffers that last and that do not, a parameter of its own, parts in lists and in names."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv1d(4, 3, 5), nn.BatchNorm1d(3), nn.ReLU())
        self.blocks = nn.ModuleList(nn.Linear(3, 3, bias=number == 0) for number in range(2))
        self.named = nn.ModuleDict({"head": nn.Linear(3, 1)})
        self.scale = nn.Parameter(torch.ones(2))
        self.register_buffer("mask", torch.tensor([True, False]))
        self.register_buffer("cache", torch.ones(5), persistent=False)
        self.register_parameter("nothing", None)
        self.settings = {"lr": torch.tensor(0.1)}


WRAPS: dict[str, Callable[[nn.Module], object]] = {
    "alone": lambda net: net,
    "in parallel": nn.DataParallel,
    "under a name": lambda net: {"model": net, "epoch": 3},
    "below settings": lambda net: {"hyper": {"lr": 0.1}, "state_dict": net},
    "averaged": lambda net: torch.optim.swa_utils.AveragedModel(net).module,
    "compiled": lambda net: nn.ModuleDict({"_orig_mod": net}),
    "without weights of its own": lambda net: nn.ModuleDict({"module": net}),
}


@pytest.mark.parametrize("old", [False, True], ids=["zip", "legacy"])
@pytest.mark.parametrize("wrap", WRAPS)
def test_a_whole_model_is_its_state_dict(wrap: str, old: bool, tmp_path: Path) -> None:
    net = Net()
    torch.save(WRAPS[wrap](net), tmp_path / "x", _use_new_zipfile_serialization=not old)
    header = header_of(tmp_path / "x", trust=trust_of(True))
    with open_tensors(header) as tensors:
        assert_equal({name: tensors[name] for name in tensors}, net.state_dict())


def test_it_is_refused_with_the_one_option_to_add(tmp_path: Path) -> None:
    torch.save(Net(), tmp_path / "x")
    with pytest.raises(CheckpointError, match=r"asks to run `.*Net`") as refused:
        header_of(tmp_path / "x", trust=trust_of([]))
    assert f"add `--trust {tmp_path / 'x'}`" in str(refused.value.help)
    assert header_of(tmp_path / "x", trust=trust_of([tmp_path / "x"])).tensors


def test_a_part_of_a_usual_name_is_a_part(tmp_path: Path) -> None:
    """`model` beside `head` is no nesting: it would leave `head` behind."""
    net = nn.ModuleDict({"model": nn.Linear(2, 2), "head": nn.Linear(2, 1)})
    torch.save(net, tmp_path / "x")
    assert list(header_of(tmp_path / "x", trust=trust_of(True)).tensors) == list(net.state_dict())
