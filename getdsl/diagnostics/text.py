"""Diagnostics as text: the lines that matter, underlined, with what stands there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from getdsl.diagnostics.diagnostic import Diagnostic, Label
from getdsl.text.source import SourceFile
from getdsl.text.visible import visible

COLORS = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "note": "\x1b[1;36m",
    "place": "\x1b[1;34m",
    "bold": "\x1b[1m",
}
RESET = "\x1b[0m"
SHOWN = 200  # diagnostics, before the rest is counted
TAB = "    "
GAP = 2  # lines between two labels that are shown rather than skipped


def render_text(diagnostics: Iterable[Diagnostic], *, color: bool = False, links: bool = False) -> str:
    """The diagnostics, an empty line between them; of very many the first, and how many more there are.

    With `links` each code is one to its page.
    """
    items = list(diagnostics)
    blocks = [_Block(item, color, links).render() for item in items[:SHOWN]]
    more = [f"… and {len(items) - SHOWN:,} more"] if len(items) > SHOWN else []
    return "\n\n".join([*blocks, *more])


def counted(diagnostics: Iterable[Diagnostic]) -> str:
    """How many there are of each severity: `2 errors, 1 warning`."""
    counts: Counter[str] = Counter(item.severity for item in diagnostics)
    kinds = [kind for kind in ("error", "warning", "note") if counts[kind]]
    return ", ".join(f"{counts[kind]} {kind}{'s' if counts[kind] > 1 else ''}" for kind in kinds)


class _Block:
    def __init__(self, item: Diagnostic, color: bool, links: bool) -> None:
        self.item = item
        self.color = color
        self.links = links
        labels = [item.primary, *item.labels] if item.primary else []
        self.labels = [label for label in labels if label is not None]
        last = max((label.span.line for label in self.labels), default=0)
        self.gutter = " " * len(str(last))

    def paint(self, text: str, kind: str) -> str:
        return f"{COLORS[kind]}{text}{RESET}" if self.color and text else text

    def render(self) -> str:
        item = self.item
        lines = [
            self.paint(f"{item.severity}[{_linked(item.code) if self.links else item.code}]", item.severity)
            + self.paint(f": {visible(item.message, keep='')}", "bold")
        ]
        if item.primary:
            lines += self.excerpts()
        for note in item.notes:
            lines.append(f"{self.gutter} {self.paint('=', 'place')} {visible(note, keep='')}")
        if item.help:
            first, *rest = visible(item.help).split("\n")
            lines.append(f"{self.gutter} {self.paint('=', 'place')} help: {first}")
            lines += [f"{self.gutter}   {line}" for line in rest]
        return "\n".join(lines)

    def excerpts(self) -> list[str]:
        """The primary label's file first, then the other files, each with its labelled lines."""
        assert self.item.primary is not None
        files: list[SourceFile] = []
        for label in self.labels:
            if label.span.file not in files:
                files.append(label.span.file)
        bar = self.paint("|", "place")
        lines = []
        for file in files:
            labels = [label for label in self.labels if label.span.file is file]
            arrow = "-->" if file is self.item.primary.span.file else ":::"
            lines.append(f"{self.gutter}{self.paint(arrow, 'place')} {visible(str(labels[0].span), keep='')}")
            lines.append(f"{self.gutter} {bar}")
            lines += self.excerpt(file, labels)
        if self.item.notes or self.item.help:
            lines.append(f"{self.gutter} {bar}")
        return lines

    def excerpt(self, file: SourceFile, labels: Sequence[Label]) -> list[str]:
        lines: list[str] = []
        previous = 0
        for number in sorted({label.span.line for label in labels}):
            if previous and number > previous + GAP:
                lines.append(self.paint("...", "place"))
            elif previous:
                lines += [self.source(file, between) for between in range(previous + 1, number)]
            lines.append(self.source(file, number))
            here = [label for label in labels if label.span.line == number]
            for label in sorted(here, key=lambda each: -each.span.column):
                lines.append(self.underline(file, label))
            previous = number
        return lines

    def source(self, file: SourceFile, number: int) -> str:
        margin = str(number).rjust(len(self.gutter))
        text = _shown(file.line(number)).rstrip()
        return f"{self.paint(f'{margin} |', 'place')} {text}".rstrip()

    def underline(self, file: SourceFile, label: Label) -> str:
        span = label.span
        line = file.line(span.line)
        start = span.column - 1
        width = min(span.end - span.start, len(line) - start)
        before = len(_shown(line[:start]))
        covered = len(_shown(line[: start + max(width, 0)])) - before
        primary = label is self.item.primary
        mark = ("^" if primary else "-") * max(1, covered)
        text = f"{mark} {visible(label.text, keep='')}".rstrip()
        painted = self.paint(text, self.item.severity if primary else "place")
        return f"{self.gutter} {self.paint('|', 'place')} {' ' * before}{painted}"


def _linked(code: str) -> str:
    """The code as a link to its page, as terminals have it (OSC 8); as it is where it has no page."""
    from getdsl.diagnostics.pages import page_of  # late: it reads the package's own data

    page = page_of(code)
    if page is None or not page.isascii() or not page.isprintable():
        return code
    return f"\x1b]8;;{page}\x1b\\{code}\x1b]8;;\x1b\\"


def _shown(line: str) -> str:
    """A line of a source as it is printed; its beginning is printed as the beginning of that."""
    return visible(line, keep="\t").expandtabs(len(TAB))
