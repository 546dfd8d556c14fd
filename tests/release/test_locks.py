"""The lowest and the highest versions of requirements/ are those that pyproject.toml allows."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MEND = "run `make locks`"


def required(extras: dict[str, list[str]]) -> Iterator[Requirement]:
    """What the package and its extra `all` need, getdsl's own extras apart."""
    parts = [Requirement(text) for text in extras["all"]]
    names = [extra for part in parts for extra in part.extras]
    while names:
        for each in map(Requirement, extras[names.pop()]):
            if each.name == "getdsl":
                names += each.extras
            else:
                yield each


REQUIRED = [*map(Requirement, PROJECT["dependencies"]), *required(PROJECT["optional-dependencies"])]


def pins(name: str) -> dict[str, list[Version]]:
    """The versions of each package; several, where Python's version decides."""
    found: dict[str, list[Version]] = {}
    for line in (ROOT / "requirements" / f"{name}.txt").read_text().splitlines():
        if not line.startswith("#"):
            pin = Requirement(line)
            [specifier] = pin.specifier
            found.setdefault(canonicalize_name(pin.name), []).append(Version(specifier.version))
    return found


@pytest.mark.parametrize("name", ["lowest", "highest"])
def test_a_lock_holds_all_that_is_needed_and_no_more_than_is_allowed(name: str) -> None:
    found = pins(name)
    for each in REQUIRED:
        versions = found.get(canonicalize_name(each.name))
        assert versions, f"{each.name} is not in {name}.txt: {MEND}"
        assert all(map(each.specifier.contains, versions)), f"{name}.txt has {each.name} {versions}: {MEND}"


def test_the_lowest_versions_are_the_lower_bounds() -> None:
    found = pins("lowest")
    for each in REQUIRED:
        bounds = [Version(item.version) for item in each.specifier if item.operator in (">=", "==", "~=")]
        [version] = found[canonicalize_name(each.name)]
        assert not bounds or version.release[: len(max(bounds).release)] == max(bounds).release, (
            f"lowest.txt has {each.name} {version}, and the bound is {max(bounds)}: {MEND}"
        )
