"""`spec.get` of a run's folder: it checks by itself to what was run."""

from __future__ import annotations

from pathlib import Path

import pytest

from getdsl.compiler.check import check
from getdsl.runs.resolved.edits import Edit, edited, literal_text
from getdsl.runs.resolved.resolved_spec import resolved_spec
from getdsl.runs.run_folder.identity import identity
from tests.runs.conftest import SPEC, write_small

PARENT = """
block Twice { input x: [B, W] output: [B, W] = x * 2 }
model Parent { param width: int = 4 input x: [B, 3] body = x -> Linear(width) output y = body -> Twice() }
"""
CHILD = """use "parts/parent.get"

model Child extends Parent { output z = body + 1 }  # a comment
loss { y = MSE(y, batch.y) }
"""


def of(path: Path, folder: Path, *settings: str) -> str:
    """The text, written where it belongs; it must be the same spec, found without any setting."""
    checked = check(path, settings=settings)
    assert checked.spec is not None, [item.message for item in checked.diagnostics]
    texts = resolved_spec(checked, folder)
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    again = check(folder / "spec.get").spec
    assert again is not None
    assert identity(again) == identity(checked.spec)
    return texts["spec.get"]


@pytest.mark.parametrize(
    ("setting", "written"),
    [
        ("train.epochs=2", "epochs = 2"),
        ("train.seed=7", "seed = 7"),
        ("optimizer.lr=0.5", "AdamW(lr = 0.5, "),
        ("optimizer.weight_decay=0.5", "weight_decay = 0.5"),
        ("optimizer.lr_of={ head = 0.1 }", "lr_of = { head = 0.1 }"),
        ("schedule.min_lr=0.001", "cosine(min_lr = 0.001,"),
        ('data.hold_out.chromosomes=["chrI"]', 'hold_out   = { chromosomes = ["chrI"] }'),
        ("dropped.p=0.5", "Dropout(0.5)"),
        ("head.bias=false", "Linear(1, bias = false )"),
        ("loss.signal.weight=3", "weight 3"),
        ("freeze=[head]", "freeze = [head]"),
    ],
)
def test_settings_are_written_in(setting: str, written: str, small: Path, tmp_path: Path) -> None:
    text = of(small, tmp_path, setting)
    assert written in text
    assert "has no place" not in text


def test_paths_lead_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the spec start beside it, those set from outside where the command runs."""
    (tmp_path / "data").mkdir()
    write_small(tmp_path / "data")
    (tmp_path / "data" / "small.get").write_text(SPEC, encoding="utf-8")
    (tmp_path / "other.tsv").write_text((tmp_path / "data" / "small.tsv").read_text(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    text = of(Path("data/small.get"), tmp_path / "run", "data.regions.files=other.tsv")
    assert f'genome     = "{tmp_path}/data/small.fa"' in text
    assert f'Regions("{tmp_path}/other.tsv")' in text


def test_used_files_come_along(tmp_path: Path) -> None:
    """A param of the parent is declared anew, and the parent itself stands in the folder."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "parent.get").write_text(PARENT, encoding="utf-8")
    (tmp_path / "child.get").write_text(CHILD, encoding="utf-8")
    text = of(tmp_path / "child.get", tmp_path / "run", "width=9")
    assert 'use "spec/parent.get"' in text
    assert "param width: int = 9" in text
    assert "# a comment" in text
    (tmp_path / "parts" / "parent.get").unlink()
    assert check(tmp_path / "run" / "spec.get").spec is not None


def test_what_has_no_place_is_said(tmp_path: Path) -> None:
    """Blocks in a loop have no call of their own in the text."""
    (tmp_path / "loop.get").write_text(
        "model Loop { input x: [B, 3] for i in 0..2 { h[i] = x -> Linear(3) } output y = h[0] }"
        "loss { y = MSE(y, batch.y) } train { epochs = 3 }",
        encoding="utf-8",
    )
    checked = check(tmp_path / "loop.get", settings=["h.0.bias=false", "train.epochs=1"])
    assert checked.spec is not None, [item.message for item in checked.diagnostics]
    text = resolved_spec(checked, tmp_path)["spec.get"]
    assert "has no place for some" in text
    assert "--set h.0.bias=false" in text
    assert "epochs = 1" in text


def test_shipped_parents_are_named(tmp_path: Path) -> None:
    text = of(Path("specs/yeast/bpnet.get"), tmp_path, "n_filters=16", "trimming=500")
    assert 'use "getdsl:zoo/bpnet.get"' in text
    assert "param trimming: int = 500" in text


def test_edits() -> None:
    assert edited("abcdef", [Edit(0, 1, "A"), Edit(4, 4, "-"), Edit(0, 2, "X")]) == "Xcd-ef"
    assert literal_text({"a": [1, 2.5, True, None, 'q"x']}) == '{ a = [1, 2.5, true, none, "q\\"x"] }'
