"""What stands where on the site, and links that lead there.

Pages are written to be read in the repository as well, so that their links lead to files beside them. On the
site `docs/` is the root, README is the first page, and each other file that a link names a page of `source/`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
TOP = {"README.md": "index.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
AS_IT_IS = {".png", ".svg", ".html", ".ipynb"}
FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
LINK_OR_CODE = re.compile(r"(!?\[[^\]]*\]\(|<img src=\")([^)\s\"]+)([)\"])|`[^`\n]+`")
FENCE = re.compile(r"^```(\w+) (\S+)$", re.MULTILINE)
FENCES = {".get": "get", ".py": "python", ".md": "markdown", ".csv": "text", ".json": "json"}


class BrokenLinkError(Exception):
    """A page links to a file that is not there."""


def place(path: str) -> str:
    """Where a file of the repository stands on the site."""
    if path in TOP:
        return TOP[path]
    if path.startswith("docs/") and Path(path).suffix in {".md", *AS_IT_IS}:
        return path.removeprefix("docs/")
    if (ROOT / path).is_dir():
        return f"source/{path}/index.md"
    return f"source/{path}" + ("" if Path(path).suffix in AS_IT_IS else ".md")


def on_the_site(path: str, text: str, linked: Callable[[str], None]) -> str:
    """A page's text as the site has it; `linked` is told each file of the repository that it links to."""

    def led(match: re.Match[str]) -> str:
        before, target, after = match.groups()
        if (
            target is None
        ):  # code, in which a table writes a bar with a backslash on GitHub, and without on the site
            return match[0].replace("\\|", "|")
        if re.match(r"[a-z]+:|#", target):
            return match[0]
        file, mark, anchor = target.partition("#")
        there = os.path.normpath(PurePosixPath(path).parent / file)
        if not (ROOT / there).exists():
            raise BrokenLinkError(f"{path} links to {target}, which is not there")
        linked(there)
        return (
            f"{before}{os.path.relpath(place(there), PurePosixPath(place(path)).parent)}{mark}{anchor}{after}"
        )

    pieces = FENCED.split(text)
    prose = (
        LINK_OR_CODE.sub(led, piece) if number % 2 == 0 else piece for number, piece in enumerate(pieces)
    )
    return FENCE.sub(r'```\1 title="\2"', "".join(prose))


def source(path: str) -> str:
    """The page of a file of text, or of a folder."""
    file = ROOT / path
    head = f"---\ntitle: {file.name}\nsearch:\n  exclude: true\n---\n\n# `{path}`\n\n"
    if file.is_dir():
        inside = (each for each in sorted(file.rglob("*.get")))
        names = (each.relative_to(file).as_posix() for each in inside)
        return head + "".join(f"- [{name}]({name}.md)\n" for name in names)
    return f"{head}````{FENCES.get(file.suffix, 'text')}\n{file.read_text(encoding='utf-8').rstrip()}\n````\n"
