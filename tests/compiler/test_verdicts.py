"""Settings that were right before are not validated again, and nothing else is skipped."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from getdsl.compiler.sections import verdicts

SPEC = """model M {{ input x: [B, 4]  output y = x }}
loss {{ y = MSE(y, batch.y) }}
train {{ epochs = {epochs} }}
"""
IMPORTS = """
import sys
from getdsl.compiler.check import check
print(check(sys.argv[1]).ok, "jsonschema" in sys.modules)
"""


def check(spec: Path, cache: Path) -> str:
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "HOME": str(cache)}
    run = subprocess.run(
        [sys.executable, "-c", IMPORTS, str(spec)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.strip()


def test_a_second_check_does_without_jsonschema(tmp_path: Path) -> None:
    spec = tmp_path / "m.get"
    spec.write_text(SPEC.format(epochs=3))
    assert check(spec, tmp_path / "cache") == "True True"
    assert check(spec, tmp_path / "cache") == "True False"
    spec.write_text(SPEC.format(epochs=-3))
    assert [check(spec, tmp_path / "cache") for _ in range(2)] == ["False True"] * 2


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "cache" / "verdicts.txt"
    monkeypatch.setattr(verdicts, "_path", lambda: path)
    verdicts._known.cache_clear()
    monkeypatch.setattr(verdicts, "LARGEST", 200)
    yield path
    verdicts._known.cache_clear()


def test_verdicts_tell_kinds_of_values_apart(kept: Path) -> None:
    rules = {"type": "integer"}
    verdicts.keep(verdicts.key_of(rules, 1))
    assert verdicts.found_right(verdicts.key_of(rules, 1))
    for other in (True, 1.0, "1", [1], None):
        assert not verdicts.found_right(verdicts.key_of(rules, other))
    assert not verdicts.found_right(verdicts.key_of({"type": "number"}, 1))
    assert not verdicts.found_right(verdicts.key_of(rules, object()))


def test_a_large_file_is_begun_anew(kept: Path) -> None:
    for number in range(20):
        verdicts.keep(verdicts.key_of({}, number))
    assert kept.stat().st_size <= 200 + 65


def test_a_damaged_or_forbidden_file_is_done_without(kept: Path) -> None:
    kept.parent.mkdir()
    kept.write_bytes(b"\xff\x00")
    assert not verdicts.found_right(verdicts.key_of({}, 1))
    kept.unlink()
    kept.mkdir()  # nothing can be written here
    verdicts.keep(verdicts.key_of({}, 1))
    assert verdicts.found_right(verdicts.key_of({}, 1))  # by this process
