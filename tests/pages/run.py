"""Runs a page in the current folder, from its first fence to its last.

| fence | what is done with it |
|---|---|
| `get name.get`, and others with a name | a file that the commands find |
| `get` | a piece of a spec, which parses |
| `console` | commands of getdsl, and a few of the shell's, which print what stands below them |
| `sh` | commands that are not run; of getdsl's, the options are those that there are |
| `python` | runs, with the names of the fences before; `text` below it is what it prints |
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from itertools import takewhile
from pathlib import Path

from getdsl.cli import _parser, main
from getdsl.diagnostics import Diagnostics
from getdsl.grammar import parse
from getdsl.text.source import SourceFile
from tests.pages.fences import Command, Fence, commands, fences
from tests.pages.shown import fits, tidy

ROOT = Path(__file__).parents[2]
SHELL = {"cut", "head", "ls", "cat"}
ELSEWHERE = {"export", "make", "pip"}
ALONE = ("--threads", "1", "--device", "cpu")
COMPUTES = {"train", "evaluate", "predict", "interpret", "score", "design", "sweep", "find-lr"}


@dataclass
class Running:
    """A page while it is run; with `anew` its outputs are written into it."""

    page: Path
    fewer: dict[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # options by which a command computes less
    figures: bool = True  # whether the figures that it prints are compared
    skip: tuple[str, ...] = ()  # words of Python that is not run
    anew: bool = False

    def run(self) -> None:
        self.text = self.page.read_text(encoding="utf-8")
        self.names: dict[str, object] = {}
        self.moved = 0
        before = ""
        for fence in fences(self.text):
            self.one(fence, before)
            before = fence.kind
        if self.anew:
            self.page.write_text(self.text, encoding="utf-8")

    def one(self, fence: Fence, before: str) -> None:
        if fence.kind == "console":
            for command in commands(fence):
                if command.line.split()[0] in ELSEWHERE:
                    known(command.line)
                    continue
                self.compare(command.line, command.shown, command.start, self.printed_by(command))
        elif fence.kind == "python" and not any(word in fence.body for word in self.skip):
            self.said = printed(lambda: exec(compile(fence.body, str(self.page), "exec"), self.names))
        elif fence.kind == "text" and before == "python":
            self.compare("the Python above", fence.body, fence.start, self.said)
        elif fence.kind == "sh":
            for line in re.sub(r"\\\n\s*", "", fence.body).splitlines():
                known(line)
        elif fence.name:
            Path(fence.name).write_text(fence.body, encoding="utf-8")
        elif fence.kind == "get":
            parses(fence.body)

    def printed_by(self, command: Command) -> str:
        program, *words = shlex.split(command.line)
        if program in SHELL:
            return subprocess.run([program, *words], capture_output=True, text=True, check=True).stdout
        assert program == "getdsl", f"{self.page.name} runs {program}"
        fewer = () if self.anew else self.fewer.get(words[0], ())
        alone = ALONE if words[0] in COMPUTES and not self.anew else ()
        codes: list[int] = []
        out = printed(lambda: codes.append(main([*words, *alone, *fewer])))
        assert codes == [0] or words[0] == "check", f"{self.page.name}: {command.line}\n{out}"
        return out

    def compare(self, what: str, shown: str, start: int, out: str) -> None:
        if fits(shown, out, self.figures):
            return
        if not self.anew:
            raise AssertionError(f"{self.page.name}: {what}\nshows\n{shown}\nand it prints\n{out}")
        start += self.moved
        self.text = self.text[:start] + out + self.text[start + len(shown) :]
        self.moved += len(out) - len(shown)


def printed(run: Callable[[], object]) -> str:
    """What a call prints, errors and progress first; whatever its exit code."""
    out, errors = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(errors):
        run()
    return tidy(errors.getvalue() + out.getvalue())


def known(line: str) -> None:
    """Holds that a command which is not run could be."""
    words = shlex.split(line, comments=True)
    while words and re.match(r"[A-Z_]+=", words[0]):
        words.pop(0)
    words = list(takewhile(lambda word: word not in ("|", ">"), words))
    if "getdsl" in words:
        ours = words[words.index("getdsl") + 1 :]
        _parser(ours[0]).parse_args(ours)
    elif words:
        assert words[0] in ELSEWHERE, line
        if words[0] == "make":
            makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
            assert re.search(rf"^{words[1]}:", makefile, re.MULTILINE), line


def parses(text: str) -> None:
    """Holds that a piece of a spec is one; `…` stands for what it leaves out."""
    diagnostics = Diagnostics()
    parse(SourceFile("a page", re.sub(r"(\(|, )…(?=\))", r"\1omitted", text)), diagnostics)
    assert not list(diagnostics), [item.message for item in diagnostics]
