"""Basset, DeepSEA and DeepSTARR against plain PyTorch, put together here from the papers' tables."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.zoo.packages import dna, randomise
from tests.zoo.published import loaded


def basset() -> nn.Sequential:
    """Kelley et al. 2016, in the layout of Kipoi's file (dropout and flattening keep their places)."""
    layers: list[nn.Module] = []
    for channels, out, kernel, pool in ((4, 300, 19, 3), (300, 200, 11, 4), (200, 200, 7, 4)):
        layers += [nn.Conv1d(channels, out, kernel), nn.BatchNorm1d(out), nn.ReLU(), nn.MaxPool1d(pool)]
    layers.append(nn.Flatten())
    for width in (2000, 1000):
        linear = nn.Sequential(nn.Identity(), nn.Linear(width, 1000))
        layers += [linear, nn.BatchNorm1d(1000), nn.ReLU(), nn.Dropout(0.3)]
    return nn.Sequential(*layers, nn.Sequential(nn.Identity(), nn.Linear(1000, 164)), nn.Sigmoid())


def deepsea() -> nn.Sequential:
    """Zhou & Troyanskaya 2015, supplementary table, in the layout of Kipoi's file."""
    return nn.Sequential(
        nn.Conv1d(4, 320, 8),
        nn.ReLU(),
        nn.MaxPool1d(4),
        nn.Dropout(0.2),
        nn.Conv1d(320, 480, 8),
        nn.ReLU(),
        nn.MaxPool1d(4),
        nn.Dropout(0.2),
        nn.Conv1d(480, 960, 8),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Flatten(),
        nn.Sequential(nn.Identity(), nn.Linear(53 * 960, 925)),
        nn.ReLU(),
        nn.Sequential(nn.Identity(), nn.Linear(925, 919)),
        nn.Sigmoid(),
    )


class DeepSTARR(nn.Module):
    """De Almeida et al. 2022, extended data table; modules are called as Keras's layers are."""

    def __init__(self) -> None:
        super().__init__()
        table = (("Conv1D_1st", 4, 256, 7), ("Conv1D_2", 256, 60, 3), ("Conv1D_3", 60, 60, 5))
        self.convolutions = [*table, ("Conv1D_4", 60, 120, 3)]
        for i, (name, channels, out, kernel) in enumerate(self.convolutions):
            self.add_module(name, nn.Conv1d(channels, out, kernel, padding=kernel // 2))
            self.add_module(self.norm(i), nn.BatchNorm1d(out, eps=1e-3, momentum=0.01))
        self.Dense_1 = nn.Linear(15 * 120, 256)
        self.Dense_2 = nn.Linear(256, 256)
        for i in (4, 5):
            self.add_module(self.norm(i), nn.BatchNorm1d(256, eps=1e-3, momentum=0.01))
        self.Dense_Dev = nn.Linear(256, 1)
        self.Dense_Hk = nn.Linear(256, 1)

    @staticmethod
    def norm(i: int) -> str:
        return "batch_normalization" + (f"_{i}" if i else "")

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """x [B, 4, 249]."""
        for i, (name, *_) in enumerate(self.convolutions):
            x = F.max_pool1d(self.get_submodule(self.norm(i))(self.get_submodule(name)(x)).relu(), 2)
        x = x.transpose(1, 2).flatten(1)  # Keras has channels last
        x = self.get_submodule(self.norm(4))(self.Dense_1(x)).relu()
        x = self.get_submodule(self.norm(5))(self.Dense_2(x)).relu()
        return {"dev": self.Dense_Dev(x)[:, 0], "hk": self.Dense_Hk(x)[:, 0]}


PAPERS = {  # the example on the page: the model, its length in bp, its parameters
    "PublishedBasset": (basset, 600, 4_135_064),
    "PublishedDeepSEA": (deepsea, 1000, 52_843_119),
    "PublishedDeepSTARR": (DeepSTARR, 249, 622_722),
}


@pytest.mark.parametrize("example", PAPERS)
def test_outputs(example: str, tmp_path: Path) -> None:
    make, length, parameters = PAPERS[example]
    plain = make().eval()
    randomise(plain, seed=3)
    old = {key: tensor for key, tensor in plain.state_dict().items() if "num_batches" not in key}
    compiled = loaded(example, old, {}, tmp_path)
    sequence = dna(3, length, seed=4)
    with torch.no_grad():
        want = plain(sequence.transpose(1, 2))
        got = compiled.module(sequence=sequence)
    wanted = want if isinstance(want, dict) else {next(iter(got)): want}
    for name, tensor in wanted.items():
        assert tensor.std() > 1e-3
        torch.testing.assert_close(got[name], tensor, rtol=1e-4, atol=1e-5)
    assert sum(p.numel() for p in compiled.module.parameters()) == parameters
