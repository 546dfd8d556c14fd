"""A site of several versions: a folder for each, the list that pages offer, and a page that leads to one."""

from __future__ import annotations

import json
import re
from pathlib import Path

from packaging.version import InvalidVersion, Version

WRITTEN = re.compile(r"\d[\w.]*")
FIRST = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>getdsl</title>
<meta http-equiv="refresh" content="0; url={version}/index.html"></head>
<body><a href="{version}/index.html">getdsl {version}</a></body></html>
"""


def is_version(name: str) -> bool:
    """Whether a word is a version, and so the name of its folder."""
    try:
        return WRITTEN.fullmatch(name) is not None and bool(Version(name))
    except InvalidVersion:
        return False


def versions(site: Path) -> list[str]:
    """Those whose site is there, the newest first."""
    found = [path.parent.name for path in site.glob("*/index.html") if is_version(path.parent.name)]
    return sorted(found, key=Version, reverse=True)


def write_list(site: Path) -> None:
    """`versions.json`, as the theme reads it, and the first page."""
    every = versions(site)
    latest = next((name for name in every if not Version(name).is_prerelease), every[0])
    listed = [
        {"version": name, "title": name, "aliases": ["latest"] if name == latest else []} for name in every
    ]
    (site / "versions.json").write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")
    (site / "index.html").write_text(FIRST.format(version=latest), encoding="utf-8")
