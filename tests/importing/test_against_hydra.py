"""Random trees of configs and random command lines, composed by us and by Hydra.

What Hydra 1.3.8 gave for some of them is kept in `hydra.json`, so that a machine without Hydra holds to
it too; `python -m tests.importing.test_against_hydra` writes that file anew.
"""

from __future__ import annotations

import json
import math
import sys
import warnings
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from getdsl.importing.compose import compose, read_override
from getdsl.importing.config import ConfigError, plain
from tests.importing import random_trees

RECORDED = Path(__file__).with_name("hydra.json")
KEPT, KEPT_WORDS, TREES, WORDS = 300, 500, 180, 4000
REFUSED = "refused"
KEYS = (
    *("a", "a.b", "+a", "++a.b", "~a", "g/h", "g@p", "+g/h@p.q", "a.0", "$x", "g@", "a-b", "_a", "A.1_0"),
    *("0a", "a.", "a..b", "a[0]", "a/b.c", "a@b@c", "a b", "+++a", "~~a", "é"),
)
PIECES = (
    *"aZ0_1e.-+:,=[]{}()' \"\\/$%*@?|#~<é\t\n",
    *("true", "null", "nan", "inf", "1e3", "010", "1_0", "int(", "str(", "bool(", "float(", "${a.b}", "${"),
    *("\\\\", "\\,", "\\'", "'a'", '"b"', "foo-bar", "{a:1}", "{a: b}", "[1,2]", " : ", ", "),
)


def grown(seed: int, folder: Path) -> list[str]:
    """The files of a random tree, and its command line."""
    random = Random(seed)
    for name, text in random_trees.tree(random).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return random_trees.command(random)


def ours(folder: Path, command: list[str], primary: str = "main") -> Any:
    try:
        found = compose([folder / f"{primary}.yaml"], [read_override(word) for word in command])
        return comparable(plain(found.root))
    except ConfigError:
        return REFUSED


def hydras(folder: Path, command: list[str], primary: str = "main") -> Any:
    import hydra
    from omegaconf import OmegaConf

    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(500)  # where configs name each other in a circle, it has no other
    try:
        with warnings.catch_warnings(), hydra.initialize_config_dir(str(folder), version_base=None):
            warnings.simplefilter("ignore")
            found = hydra.compose(primary, overrides=command)
        return comparable(OmegaConf.to_container(found))
    except Exception:
        return REFUSED
    finally:
        sys.setrecursionlimit(limit)


def comparable(value: Any) -> Any:
    """A value of which 1, 1.0 and true are different things, and NaN is itself."""
    if isinstance(value, dict):
        return {str(name): comparable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, float):
        return "float nan" if math.isnan(value) else f"float {value!r}"
    return value if value is None or isinstance(value, bool) else f"{type(value).__name__} {value}"


def pairs(seeds: range, folder: Path) -> list[tuple[int, Any, Any]]:
    found = []
    for seed in seeds:
        place = folder / str(seed)
        place.mkdir()
        command = grown(seed, place)
        found.append((seed, ours(place, command), hydras(place, command)))
    return found


@pytest.mark.parametrize("start", range(0, TREES, 60))
def test_random_trees_compose_as_hydra_composes_them(start: int, tmp_path: Path) -> None:
    pytest.importorskip("hydra", reason="hydra-core is not installed")
    found = pairs(range(start, start + 60), tmp_path)
    assert [item for item in found if item[1] != item[2]] == []
    assert sum(item[2] != REFUSED for item in found) >= 15  # enough of them compose


def test_random_trees_compose_as_hydra_was_recorded_to(tmp_path: Path) -> None:
    recorded = json.loads(RECORDED.read_text())["trees"]
    assert len(recorded) == KEPT
    assert sum(item != REFUSED for item in recorded) >= KEPT / 4
    for seed, theirs in enumerate(recorded):
        (tmp_path / str(seed)).mkdir()
        command = grown(seed, tmp_path / str(seed))
        assert ours(tmp_path / str(seed), command) == theirs, (seed, command)


def said(random: Random) -> str:
    key = random.choice(KEYS) if random.random() < 0.3 else "a"
    if random.random() < 0.3:
        return f"{key}={random.choice(random_trees.VALUES)}"
    value = "".join(random.choice(PIECES) for _ in range(random.randint(0, 6)))
    return key if random.random() < 0.03 else f"{key}={value}"


def read_by_hydra(word: str) -> Any:
    from hydra.core.override_parser.overrides_parser import OverridesParser

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = OverridesParser.create().parse_override(word)
        if found.is_sweep_override():
            return REFUSED
        return [found.type.name, found.key_or_group, found.package, comparable(found.value())]
    except Exception:
        return REFUSED


def read_by_us(word: str) -> Any:
    try:
        found = read_override(word)
    except ConfigError:
        return REFUSED
    kind = {found.adds: "ADD", found.forces: "FORCE_ADD", found.removes: "DEL"}.get(True, "CHANGE")
    value = plain(found.node) if found.node is not None else None
    return [kind, found.path, found.package, comparable(value)]


def words(number: int) -> list[str]:
    random = Random(11)
    return [said(random) for _ in range(number)]


def test_words_of_a_command_line_are_read_as_hydra_reads_them() -> None:
    pytest.importorskip("hydra", reason="hydra-core is not installed")
    found = [(word, read_by_us(word), read_by_hydra(word)) for word in words(WORDS)]
    assert [item for item in found if item[1] != item[2]] == []
    assert sum(item[2] != REFUSED for item in found) > WORDS / 4


def test_words_of_a_command_line_are_read_as_hydra_was_recorded_to() -> None:
    recorded = json.loads(RECORDED.read_text())["words"]
    assert len(recorded) == KEPT_WORDS
    assert [(word, read_by_us(word)) for word, _ in recorded] == [(word, theirs) for word, theirs in recorded]


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        trees = [theirs for _, _, theirs in pairs(range(KEPT), Path(folder))]
    kept = [(word, read_by_hydra(word)) for word in words(KEPT_WORDS)]
    whole = {"trees": trees, "words": kept}
    RECORDED.write_text(json.dumps(whole, separators=(",", ":"), ensure_ascii=False) + "\n")
