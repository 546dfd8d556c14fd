"""A comparison for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from getdsl.diagnostics.text import RESET
from getdsl.diff.comparison import Comparison
from getdsl.diff.page.rows import Row, Section, figure_rows, sections
from getdsl.diff.page.words import account, headline, sizes_hint
from getdsl.text.visible import visible

COLORS = {
    "+": "\x1b[32m",
    "-": "\x1b[31m",
    "~": "\x1b[33m",
    ">": "\x1b[36m",
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
}
VERDICTS = {"as it is": "+", "renamed": ">", "in part": "~", "not": "-"}
WIDEST, LONGEST = 44, 110  # characters of a value that others are set behind, and of the last on a line
SHOWN = 80  # rows of a section
Paint = Callable[[str, str], str]


def text(found: Comparison, *, color: bool = False) -> str:
    """All that differs, section by section, and at the end what becomes of checkpoints."""

    def paint(said: str, kind: str) -> str:
        return f"{COLORS[kind]}{said}{RESET}" if color and said and kind else said

    parts = [[paint(visible(f"{found.before.name} → {found.after.name}", keep=""), "bold")]]
    parts += [list(_section(each, paint)) for each in sections(found)]
    if found.same:
        parts.append(["the same: layout, comments and docs aside, nothing differs"])
    elif found.figures:
        figures = Section("figures", tuple(figure_rows(found.figures)))
        parts.append([*_section(figures, paint), *(paint(f"  {line}", "dim") for line in sizes_hint(found))])
    if not found.same or not found.verdict.loads:
        parts.append(list(_verdict(found, paint)))
    return "\n\n".join("\n".join(lines) for lines in parts)


def _section(section: Section, paint: Paint) -> Iterator[str]:
    yield paint(section.title, "bold")
    rows = section.rows[:SHOWN]
    widths = [
        max((len(cell) for cell in column), default=0) for column in zip(*map(_cells, rows), strict=True)
    ]
    for row in rows:
        yield _line(row, widths, paint)
    if len(section.rows) > SHOWN:
        yield f"  … and {len(section.rows) - SHOWN:,} more, which `--format json` lists"


def _cells(row: Row) -> tuple[str, str, str]:
    """The columns that are set under each other: name, what of it, and what it was where it is otherwise."""
    return _cut(row.name), row.label, _cut(row.before) if row.after else ""


def _line(row: Row, widths: Sequence[int], paint: Paint) -> str:
    name, label, before = (cell.ljust(width) for cell, width in zip(_cells(row), widths, strict=True))
    head = f"  {paint(row.sign, row.sign) or ' '} {name}  {label + '  ' if widths[1] else ''}"
    if row.before and row.after:
        return f"{head}{before} {paint('→', 'dim')} {_cut(row.after, LONGEST)}".rstrip()
    return f"{head}{paint(_cut(row.before or row.after, LONGEST), row.sign)}".rstrip()


def _cut(value: str, most: int = WIDEST) -> str:
    shown = visible(value.replace("\n", " "), keep="")
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def _verdict(found: Comparison, paint: Paint) -> Iterator[str]:
    verdict, sign = found.verdict, VERDICTS[found.verdict.how]
    said = visible(headline(verdict, found.before.name, found.after.name), keep="")
    yield paint(said, sign)
    yield from (f"  {visible(line, keep='')}" for line in (*account(verdict), *verdict.open))
    if verdict.load:
        yield "" if verdict.loads else "  what fits loads with"
        yield from (f"  {paint(line, sign)}" for line in verdict.load)
