"""Two thousand damaged checkpoints: never a crash, header damage always seen, values wherever a hash is."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.weights.mutants import bases, mutants
from tests.weights.try_files import outcome

ROOT = Path(__file__).parents[2]
EACH = 340
PROVED_INSIDE = ("ours", "zip", "foreign")  # formats that hold a hash, or checksums, of their own values


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a process of its own made of every file, a segmentation fault would end it early."""
    folder = tmp_path_factory.mktemp("mutants")
    (folder / "files").mkdir()
    sha256 = {}
    for base in bases(folder / "bases"):
        sha256[base.name] = hashlib.sha256(base.content).hexdigest()
        (folder / "files" / f"{base.name}-original").write_bytes(base.content)
        for number, mutant in enumerate(mutants(base, EACH, seed=0)):
            (folder / "files" / f"{base.name}-{mutant.kind}-{number}").write_bytes(mutant.content)
    done = subprocess.run(
        [sys.executable, "-m", "tests.weights.try_files", str(folder / "files"), json.dumps(sha256)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stderr == ""
    *lines, last = map(json.loads, done.stdout.splitlines())
    found = {line["file"]: line for line in lines}
    assert set(found) == {path.name for path in (folder / "files").iterdir()}
    return {"files": found, "peak": last["peak"], "folder": folder / "files"}


def of_kind(outcomes: dict[str, Any], *kinds: str) -> dict[str, Any]:
    return {name: line for name, line in outcomes["files"].items() if name.split("-")[1] in kinds}


def test_nothing_crashes(outcomes: dict[str, Any]) -> None:
    files = outcomes["files"]
    assert len(files) > 2000
    crashes = [(name, line) for name, line in files.items() if "crash" in json.dumps(line)]
    assert crashes == []
    assert outcomes["peak"] < 1_000_000  # kB: no claim of a header was believed
    for base in ("safetensors", "ours", "zip", "unchecked", "legacy", "foreign", "part"):
        assert "read" in files[f"{base}-original"]["plain"]
        assert "read" in files[f"{base}-original"]["proved"]


def test_a_file_that_is_cut_short_is_always_refused(outcomes: dict[str, Any]) -> None:
    assert [name for name, line in of_kind(outcomes, "cut").items() if "refused" not in line["plain"]] == []


def test_damage_outside_of_the_values_never_passes_unseen(outcomes: dict[str, Any]) -> None:
    """Refused; or names, shapes or types differ, which the plan shows; or what was hit has no meaning.

    A pickle without a checksum may also come to describe another view of its own storages, a stride or an
    offset that differs and fits: such a file is as good as any, and only a `sha256` tells.
    """
    views = 0
    for name, line in of_kind(outcomes, "header", "lie").items():
        original = outcomes["files"][f"{name.split('-')[0]}-original"]["plain"]
        plain = line["plain"]
        seen = "refused" in plain or plain["read"] != original["read"]
        if not seen and plain["values"] != original["values"]:
            assert name.startswith(("legacy-", "unchecked-")), name
            views += 1
    assert views < 20


def test_damaged_values_are_found_wherever_there_is_a_hash(outcomes: dict[str, Any]) -> None:
    for name, line in of_kind(outcomes, "cut", "header", "payload", "lie", "splice").items():
        assert "refused" in line["proved"], name
        base = name.split("-")[0]
        if base == "ours":
            assert "refused" in line["plain"], name
        elif base in PROVED_INSIDE and "read" in line["plain"]:
            original = outcomes["files"][f"{base}-original"]["plain"]
            assert line["plain"]["values"] == original["values"], name


def test_the_mutants_reach_every_sentence(outcomes: dict[str, Any]) -> None:
    """The test would be empty if each file failed at the same first look."""
    sentences = Counter(
        line["plain"]["refused"].partition("` ")[2][:40]
        for line in outcomes["files"].values()
        if "refused" in line["plain"]
    )
    assert len(sentences) > 15, sentences
    assert any("payload" in name for name, line in outcomes["files"].items() if "read" in line["plain"])


def test_the_same_in_this_process(outcomes: dict[str, Any]) -> None:
    names = sorted(outcomes["files"])[::20]
    for name in names:
        assert outcome(outcomes["folder"] / name) == outcomes["files"][name]["plain"]
