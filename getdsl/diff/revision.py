"""Files as a revision of git has them; git is only asked to read."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from getdsl.compiler.program import LIBRARY_PREFIX, locate
from getdsl.diagnostics import Diagnostics, UserError
from getdsl.grammar import parse, syntax
from getdsl.grammar.reading import MAX_BYTES
from getdsl.text.source import SourceFile


@dataclass(frozen=True)
class Revision:
    """A revision of the repository that a folder is in: `name` as it was asked for, `commit` its hash."""

    name: str
    commit: str
    top: Path

    @staticmethod
    def of(name: str, folder: Path) -> Revision:
        """Raises UserError where there is no such revision, no repository, or no git."""
        if name.startswith("-"):
            raise UserError(
                f"`{name}` is no revision of git", "name a commit, branch or tag, such as `HEAD~1`"
            )
        top = Path(_top(folder))
        found = _git(top, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if found is None:
            raise UserError(
                f"the repository `{top}` has no revision `{name}`",
                "name a commit, branch or tag, such as `HEAD~1`; `git log --oneline` lists commits",
            )
        return Revision(name, found.decode().strip(), top)

    def shown(self, path: Path) -> str:
        """A file of the revision as git names it."""
        return f"{self.name}:{self.inside(path)}"

    def inside(self, path: Path) -> str | None:
        """The path from the top of the repository; None where it leads out of it."""
        whole = Path(os.path.normpath(path))
        return whole.relative_to(self.top).as_posix() if whole.is_relative_to(self.top) else None

    def files(self, path: Path) -> dict[Path, str]:
        """A spec and all that it uses, by resolved paths, itself first. Raises UserError.

        What ships with getdsl, or stands outside of the repository, is not among them.
        """
        found: dict[Path, str] = {}
        waiting = [(path, f"`{self.name}` has no file `{self.inside(path)}`")]
        while waiting:
            path, complaint = waiting.pop(0)
            if _resolved(path) not in found:
                found[_resolved(path)] = text = self._text(path, complaint)
                waiting += [(used, self._lacks(used, path)) for used in self._used(text, path)]
        return found

    def _lacks(self, used: Path, by: Path) -> str:
        return f"`{self.shown(by)}` uses `{self.inside(used)}`, which `{self.name}` does not have"

    def _used(self, text: str, path: Path) -> Iterable[Path]:
        for item in parse(SourceFile(self.shown(path), text, path), Diagnostics()).items:
            if isinstance(item, syntax.Use) and not item.path.startswith((LIBRARY_PREFIX, "~")):
                used = locate(item.path, path)
                if self.inside(used) is not None:
                    yield used

    def _text(self, path: Path, complaint: str) -> str:
        """Raises UserError where the revision has no such file, or none that is a text of a spec's size."""
        shown = f"{self.commit}:{self.inside(path)}"
        if _git(self.top, "cat-file", "-t", shown) != b"blob\n":
            raise UserError(complaint, f"`git ls-tree -r --name-only {self.name}` lists its files")
        size = _git(self.top, "cat-file", "-s", shown)
        if size is None or int(size) > MAX_BYTES:
            raise UserError(f"`{self.shown(path)}` holds more than {MAX_BYTES:,} bytes, and a spec does not")
        try:
            return (_git(self.top, "cat-file", "blob", shown) or b"").decode("utf-8-sig")
        except UnicodeDecodeError:
            raise UserError(f"`{self.shown(path)}` is not UTF-8 text", "name a `.get` file") from None


def _resolved(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _top(folder: Path) -> str:
    found = _git(folder, "rev-parse", "--show-toplevel")
    if found is None:
        raise UserError(
            f"`{folder}` is in no git repository, so there is no revision to read",
            "name two files, or run this where the specs are under git",
        )
    return os.fsdecode(found).rstrip("\n")


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What git prints; None where it fails. Raises UserError where git is not installed."""
    quiet = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            check=False,
            env=quiet,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError:
        raise UserError(
            "git is not installed, and a revision is read by it", "install git, or name two files"
        ) from None
    return done.stdout if done.returncode == 0 else None
