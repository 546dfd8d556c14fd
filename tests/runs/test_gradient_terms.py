"""A run whose loss takes gradients trains, is measured, evaluated again and predicts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from getdsl.runs.evaluation.evaluate import evaluate
from getdsl.runs.opened.options import Options
from tests.runs.conftest import SPEC, write_small
from tests.runs.test_resume import history

TERMS = "prior = abs(grad(sum(signal), sequence)) weight 10000"


def test_a_run_with_an_attribution_prior(run: Callable[..., Any], tmp_path: Path) -> None:
    write_small(tmp_path)
    spec = tmp_path / "prior.get"
    spec.write_text(SPEC.replace("loss    {", f"loss    {{ {TERMS} "), encoding="utf-8")
    report = run(tmp_path / "run", "train.epochs=2", spec=spec)
    first, second = history(tmp_path / "run")
    assert 0 < float(second["val_loss_prior"]) < float(first["val_loss_prior"]), "the penalty is learnt"
    again, _ = evaluate(tmp_path / "run", None, Options(threads=1, device="cpu"))
    assert again.model == pytest.approx(report.model)
