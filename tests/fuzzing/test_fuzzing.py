"""`check` answers whatever it is given: inputs that once were answered wrongly, and new ones for a minute."""

from __future__ import annotations

import os
import time
from pathlib import Path
from random import Random

import pytest

from tests.fuzzing.inputs import CHANGES, drawn, pool
from tests.fuzzing.verdict import problem

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.get"))
HANGS = 20.0  # processor seconds, of other tests beside it; long runs hold the real limit
SECONDS = float(os.environ.get("GETDSL_FUZZ_SECONDS", "15"))  # of processor time, of each of four


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_the_corpus_is_answered(path: Path) -> None:
    assert problem(path.read_text(), HANGS) is None


@pytest.mark.parametrize("share", range(4))
def test_new_inputs_are_answered(share: int) -> None:
    random, number = Random(f"{share}/{time.strftime('%Y-%W')}"), 0  # others each week, the same on a day
    end = time.process_time() + SECONDS
    while time.process_time() < end:
        text = drawn(random)
        assert problem(text, HANGS) is None, text
        number += 1
    assert number > 100


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_every_change_makes_another_text(change: object) -> None:
    random = Random(0)
    texts = [text for text in pool() if text.strip()][:20]
    assert callable(change)
    assert sum(change(random, text) != text for text in texts) > 10
