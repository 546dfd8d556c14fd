"""The version, which stands in `pyproject.toml` and in the package."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.version import InvalidVersion, Version

from getdsl.diagnostics import UserError

PLACES = {
    "pyproject.toml": re.compile(r'^(version = ")([^"]+)(")$', re.MULTILINE),
    "getdsl/__init__.py": re.compile(r'^(__version__ = ")([^"]+)(")$', re.MULTILINE),
}


def current(root: Path) -> str:
    """Raises UserError where the two places differ."""
    found = {name: _stated(root, name) for name in PLACES}
    if len(set(found.values())) != 1:
        told = ", ".join(f"{name} {version}" for name, version in found.items())
        raise UserError(f"the version differs: {told}", "write the same version in both")
    return next(iter(found.values()))


def check(version: str, now: str, *, first: bool) -> None:
    """Raises UserError for a version that cannot follow the one of now, or be it where it is the `first`."""
    try:
        wanted = Version(version)
    except InvalidVersion:
        raise UserError(f"`{version}` is no version", "write it as 1.2.0, or 1.2.0rc1") from None
    if str(wanted) != version:
        raise UserError(f"`{version}` is written {wanted}", f"give VERSION={wanted}")
    if wanted < Version(now) or (wanted == Version(now) and not first):
        raise UserError(f"{version} does not follow {now}", "choose a later version")


def with_version(root: Path, version: str) -> dict[Path, str]:
    """The files that state the version, as they are with another one."""
    texts = {root / name: (root / name).read_text(encoding="utf-8") for name in PLACES}
    patterns = PLACES.values()
    return {
        path: pattern.sub(rf"\g<1>{version}\g<3>", text, count=1)
        for (path, text), pattern in zip(texts.items(), patterns, strict=True)
    }


def _stated(root: Path, name: str) -> str:
    found = PLACES[name].search((root / name).read_text(encoding="utf-8"))
    if found is None:
        raise UserError(f"{name} states no version", "write the line again that a release reads")
    return found[2]
