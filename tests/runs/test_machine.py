"""Where models compute that Lightning does not move."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from getdsl.cli import main
from getdsl.compiler.check import check
from getdsl.compiler.lower.compiled import Compiled
from getdsl.runs.design.goal import read_goal
from getdsl.runs.design.scorer import Scorer as DesignScorer
from getdsl.runs.finders.trial import trial
from getdsl.runs.interpret.request import Request
from getdsl.runs.interpret.walk import Walk
from getdsl.runs.opened.options import Options
from getdsl.runs.opened.origins import FromPlan
from getdsl.runs.opened.session import Session
from getdsl.runs.score import Choices, Scorer


def _try(session: Session) -> None:
    with trial(session):
        pass


@pytest.mark.parametrize(
    "made",
    [
        lambda session: Walk(session, Request("gradient")),
        lambda session: Scorer(session, Choices()),
        lambda session: DesignScorer(
            session, read_goal("signal = max", session.spec.graph.output_types()), 4
        ),
        _try,
    ],
    ids=["interpret", "score", "design", "find-lr"],
)
def test_the_model_is_moved_to_the_device_that_is_asked_for(
    made: Callable[[Session], Any], small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[Any] = []
    monkeypatch.setattr("getdsl.runs.process.machine.accelerator_of", lambda *args: "gpu")
    monkeypatch.setattr(Compiled, "to", lambda self, where: moved.append(where) or self)
    spec = check(small).spec
    assert spec is not None
    options = Options(threads=1, quiet=True)
    made(Session(spec, FromPlan(spec, options), options))
    assert moved == ["cuda"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize(
    "command",
    [
        ("interpret", "{run}", "-o", "{out}"),
        ("score", "{run}", "{variants}", "-o", "{out}.tsv"),
        ("design", "{run}", "-o", "{out}", "--towards", "signal = max", "--length", "24"),
        ("predict", "{run}", "-o", "{out}"),
        ("find-lr", "{small}"),
    ],
    ids=lambda command: command[0],
)
def test_a_device_that_is_not_there(
    command: tuple[str, ...], small: Path, whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    variants = tmp_path / "v.tsv"
    variants.write_text("chrom\tpos\tref\talt\nchrI\t1\tA\tC\n")
    names = {"run": whole, "small": small, "variants": variants, "out": tmp_path / "out"}
    assert main([*(part.format(**names) for part in command), "--device", "gpu"]) == 1
    assert "there is no GPU that torch can use" in capsys.readouterr().err
    assert sorted(tmp_path.iterdir()) == [variants]
