"""What only a step tells is held when it is there: what a body in Python returns, and its sizes."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

import getdsl
from getdsl.compiler.lower.inputs import InputError
from getdsl.compiler.lower.repeats import imported

BODY = """
import torch
class Pick(torch.nn.Module):
    def forward(self, x, outputs=("rows", "which")):
        found = {"rows": ROWS, "which": WHICH}
        return found[outputs[0]] if len(outputs) == 1 else {name: found[name] for name in outputs}
"""
SPEC = """
block Pick {
    input x: [B, R, D]
    output rows: [B, S, D]
    output which: int[B, 2 * S]
    extern "picking:Pick"
}
model M {
    input x: [B, R, 4]
    p = Pick(x)
    output rows = p.rows
    output pairs = reshape(p.which, B, 2, -1)
}
"""
RIGHT = ("x[:, :3]", "torch.zeros(len(x), 6, dtype=torch.int64)")


def compiled(folder: Path, monkeypatch: pytest.MonkeyPatch, rows: str, which: str) -> getdsl.Compiled:
    (folder / "picking.py").write_text(BODY.replace("ROWS", rows).replace("WHICH", which))
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "picking", raising=False)
    path = folder / "spec.get"
    path.write_text(SPEC)
    return getdsl.compile(path, seed=0, trust=True)


WRONG = {
    "another width": ("x[:, :3, :2]", RIGHT[1], "rows: [B, p.S, 4]", "[2, 3, 4] here"),
    "another batch": ("x[:1, :3]", RIGHT[1], "rows: [B, p.S, 4]", "[2, 3, 4] here"),
    "another rank": ("x[0]", RIGHT[1], "rows: [B, p.S, 4]", "the shape [5, 4]"),
    "one symbol of two sizes": (
        RIGHT[0],
        RIGHT[1].replace("6,", "8,"),
        "which: int[B, 2 * p.S]",
        "[2, 6] here",
    ),
    "not even": (RIGHT[0], RIGHT[1].replace("6,", "7,"), "which: int[B, 2 * p.S]", "[2, 6] here"),
    "other elements": (RIGHT[0], "torch.zeros(len(x), 6)", "which: int[B, 2 * p.S]", "floats, not integers"),
    "no tensor": ("[x]", RIGHT[1], "rows: [B, p.S, 4]", "a list"),
    "none": ("x[:, :0]", RIGHT[1].replace("6,", "0,"), "p.S >= 1", "p.S is 0"),
}


def test_what_is_returned_as_declared_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = compiled(tmp_path, monkeypatch, *RIGHT)({"x": torch.rand(2, 5, 4)})
    assert {name: tuple(value.shape) for name, value in found.items()} == {
        "rows": (2, 3, 4),
        "pairs": (2, 2, 3),
    }


@pytest.mark.parametrize("what", WRONG)
def test_what_is_returned_otherwise_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    rows, which, *told = WRONG[what]
    with pytest.raises(InputError) as raised:
        compiled(tmp_path, monkeypatch, rows, which)({"x": torch.rand(2, 5, 4)})
    assert all(text in str(raised.value) for text in (*told, "spec.get:10")), raised.value


PEAKS = """
block Tail {
    input inside: bool[B, R, S]
    halves = reshape(inside, B, R, 2, -1)
    output ends = halves[:, :, 1]
    output rest: [B, R, S - 2] = inside[:, :, 2:]
}
block Cut {
    input x: [B, L, D]
    input l: lengths[B, R] of L
    peaks = SplitPeaks(x, l)
    output rest = peaks[:, :, 3:]
    output inside = peaks.inside
}
model M {
    input x: [B, L, 8]
    input l: lengths[B, R] of L
    p = SplitPeaks(x, l)
    c = Cut(x, l)
    output inside = p.inside
    t = Tail(p.inside)
    output tail = t.rest
    output ends = t.ends
    output rest = c.rest
    output where = c.inside
}
"""


def batch(longest: int) -> dict[str, Tensor]:
    return {"x": torch.rand(2, 20, 8), "l": torch.tensor([[1, longest], [1, 0]])}


@pytest.fixture(scope="module")
def peaks(tmp_path_factory: pytest.TempPathFactory) -> getdsl.Compiled:
    path: Path = tmp_path_factory.mktemp("peaks") / "spec.get"
    path.write_text(PEAKS)
    return getdsl.compile(path, seed=0)


@pytest.mark.parametrize(
    ("longest", "why"),
    [
        (1, "to be a multiple of 2 (spec.get:21), and p.S is 1"),
        (2, "the slice `3:` needs peaks.S >= 3 (spec.get:12), and peaks.S is 2"),
        (5, "values whose known sides are 2 * B * R needs p.S to be a multiple of 2"),
        (4, None),
    ],
)
def test_a_need_of_a_size_that_a_block_returns(
    peaks: getdsl.Compiled, tmp_path: Path, longest: int, why: str | None
) -> None:
    peaks.save(tmp_path)
    written = imported(tmp_path / "model.py").load(tmp_path)
    for model in (peaks.module, written):
        if why is not None:
            with pytest.raises(InputError, match=re.escape(why)):
                model(**batch(longest))
        else:
            assert model(**batch(longest))["tail"].shape == (2, 2, 2)


@pytest.mark.parametrize("read", ["inside", "peaks"])
def test_one_output_of_several_tells_the_size_of_both(tmp_path: Path, read: str) -> None:
    """Where only the second is read, it is measured."""
    path = tmp_path / "spec.get"
    path.write_text(
        "model M {\n input x: [B, L, 8]\n input l: lengths[B, R] of L\n"
        f" p = SplitPeaks(x, l)\n output y = p.{read}[:, :, 2:]\n}}\n"
    )
    model = getdsl.compile(path, seed=0)
    assert model(batch(3))["y"].shape[:3] == (2, 2, 1)
    with pytest.raises(InputError, match=re.escape("needs p.S >= 2")):
        model(batch(1))


def test_what_a_loss_needs_is_held_in_it(tmp_path: Path) -> None:
    path = tmp_path / "spec.get"
    path.write_text(
        "model M {\n input x: [B, R, 8]\n z = x -> Linear(8)\n output z\n}\n"
        "loss { a = MSE(z[:, 12:], batch.z[:, 12:]) }\n"
        "metrics { a = [mse] }\n"
    )
    model = getdsl.compile(path, seed=0)
    drawn = model.dummy_batch()
    assert drawn["x"].shape[1] == 13
    assert model.loss(model(drawn), drawn)["total"].isfinite()
    short = {name: value[:, :11] for name, value in drawn.items()}
    with pytest.raises(InputError, match=r"the slice `12:` needs R >= 12 \(spec.get:6\), and R is 11"):
        model.loss(model(short), short)
