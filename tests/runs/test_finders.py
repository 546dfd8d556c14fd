"""Commands that look for settings: they print what to paste, and change nothing."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from getdsl.cli import main
from getdsl.compiler.check import check
from getdsl.runs.finders.batch_size import Tried, suggested
from getdsl.runs.finders.learning_rate import RangeTest

QUIET = ("--threads", "1", "--device", "cpu")


def test_the_suggestion_is_a_tenth_of_the_rate_of_the_lowest_loss() -> None:
    rates = np.geomspace(1e-5, 1, 51)
    losses = (np.log10(rates) + 1.5) ** 2  # lowest at 0.0316
    assert RangeTest(rates, losses).suggestion == 0.003
    assert RangeTest(rates, rates).suggestion is None
    assert RangeTest(rates[:18], losses[:18]).suggestion is None


def test_a_learning_rate_to_paste(small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = small.read_bytes()
    picture = tmp_path / "rates.png"
    assert main(["find-lr", str(small), "-o", str(picture), "--steps", "40", *QUIET]) == 0
    printed = capsys.readouterr()
    assert small.read_bytes() == before
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert re.fullmatch(r"optimizer = AdamW\(lr = [\de.-]+\)\n", printed.out)
    text = before.decode().replace("optimizer = AdamW(lr = 1e-2, lr_of = { scanner = 1e-3 })", printed.out)
    (tmp_path / "with.get").write_text(text, encoding="utf-8")
    assert check(tmp_path / "with.get").spec is not None, "what is printed can be pasted"


def test_a_range_that_is_none(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find-lr", str(small), "--from", "1", "--to", "1e-3"]) == 1
    assert "error: the test needs rates that rise" in capsys.readouterr().err
    assert main(["find-batch-size", str(small), "--from", "9", "--to", "8"]) == 1
    assert "error: the sizes must rise" in capsys.readouterr().err


def test_a_batch_size_to_paste(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["find-batch-size", str(small), "--from", "16", "--to", "999", *QUIET]) == 0
    printed = capsys.readouterr()
    sizes = [int(line.split()[1]) for line in printed.err.splitlines()]
    assert sizes == [16, 32, 64, 128], "there are 80 samples"
    assert re.fullmatch(r"train \{ batch_size = (16|32|64|128) \}\n", printed.out)


def test_the_smallest_size_that_is_nearly_as_fast() -> None:
    tried = [Tried(8, 50.0, 1), Tried(16, 96.0, 1), Tried(32, 100.0, 1), Tried(64, 99.0, 1)]
    assert suggested(tried).size == 16
