"""Files of others that would keep a reader without end: HDF5's library on damaged files, and expressions."""

from __future__ import annotations

import random
import re
import shutil
from pathlib import Path

import pytest

from getdsl.formats.adapter_config import read_config
from getdsl.weights import hdf5_trial
from getdsl.weights.errors import CheckpointError
from tests.weights.files import header_of, loaded

GOLDEN = Path(__file__).parents[1] / "golden" / "keras"
FILES = ("small.h5", "small.weights.h5", "small.keras")
MUTANTS = 12  # of each file; more with a seed of one's own


def mutant(content: bytes, random_: random.Random) -> bytes:
    """Some bytes of the file changed, cut, or copied from elsewhere in it."""
    changed = bytearray(content)
    for _ in range(random_.choice((1, 4, 40))):
        place = random_.randrange(len(changed))
        match random_.randrange(3):
            case 0:
                changed[place] = random_.choice((0, 1, 255, random_.randrange(256)))
            case 1:
                other = random_.randrange(len(changed) - 8)
                changed[place : place + 8] = changed[other : other + 8]
            case 2:
                changed[place] ^= 1 << random_.randrange(8)
    return bytes(changed[: random_.randrange(64, len(changed))] if random_.random() < 0.1 else changed)


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_read_or_refused(name: str, tmp_path: Path) -> None:
    """None breaks the process, hangs, or raises anything else."""
    pytest.importorskip("h5py")
    chance = random.Random(name)
    content = (GOLDEN / name).read_bytes()
    for number in range(MUTANTS):
        path = tmp_path / f"{number}_{name}"
        path.write_bytes(mutant(content, chance))
        refused = None
        try:
            header_of(path)
            loaded(path)
        except CheckpointError as error:
            refused = str(error)
        assert refused is None or path.name in refused


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("while True: pass", "HDF5 did not come to its end within 1 seconds"),
        ("import os; os.abort()", "HDF5's library breaks on it"),
    ],
)
def test_a_process_that_does_not_end_or_breaks(
    name: str, body: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """h5py in the process that tries is one that hangs, or breaks."""
    pytest.importorskip("h5py")
    path = shutil.copy(GOLDEN / name, tmp_path / name)
    (tmp_path / "h5py.py").write_text(body)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(hdf5_trial, "SECONDS", 1)
    with pytest.raises(CheckpointError, match=re.escape(why)):
        header_of(path)


ENDLESS = [
    "(a+)+",
    "(a|a)*b",
    "a?" * 30,
    ".*.*.*.*",
    "((a{1,30}){1,30})",
    "(?=(a+)+)b",
    "(x+x+)+y",
    "a" * 2000,
]
PLAIN = [
    "q_proj",
    r"layers\.\d+\.(q|v)_proj",
    ".*decoder.*",
    r"h\.([0-9]|1[0-9])\.attn",
    "(?:a|b){3}",
    "a{1,3}",
]


@pytest.mark.parametrize("setting", ["rank_pattern", "alpha_pattern"])
@pytest.mark.parametrize("pattern", ENDLESS)
def test_an_expression_that_could_take_without_end(setting: str, pattern: str) -> None:
    with pytest.raises(ValueError, match=f"its `{setting}` has"):
        read_config({"r": 4, setting: {pattern: 8}})


@pytest.mark.parametrize("pattern", PLAIN)
def test_an_expression_that_names_layers(pattern: str) -> None:
    """It is taken, and matches a long name in no more steps than there are ways."""
    config = read_config({"r": 4, "rank_pattern": {pattern: 8}})
    assert config.strength("a." * 200 + "b").rank in (4, 8)
    assert config.strength(f"model.{'q_proj' if pattern == 'q_proj' else 'none'}").rank == (
        8 if pattern == "q_proj" else 4
    )
