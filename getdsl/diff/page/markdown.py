"""A comparison as Markdown, to stand in a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from getdsl.diff.comparison import Comparison
from getdsl.diff.page.rows import Row, figure_rows, sections
from getdsl.diff.page.words import account, headline
from getdsl.text.visible import visible

SHOWN = 40  # rows of a table
WORDS = {"+": "added", "-": "removed", "~": "changed", ">": "renamed", "": ""}
MARKS = {"as it is": "✅", "renamed": "🔁", "in part": "⚠️", "not": "❌"}


def markdown(found: Comparison) -> str:
    """The verdict first, then a table for each section."""
    names = code(found.before.name), code(found.after.name)
    parts = [[f"### {names[0]} → {names[1]}"]]
    if found.same:
        parts.append(["The same: layout, comments and docs aside, nothing differs."])
    if not found.same or not found.verdict.loads:
        parts.append(list(_verdict(found, *names)))
    for section in sections(found):
        parts += [[f"**{section.title}**"], list(_table(section.rows))]
    if found.figures and not found.same:
        parts += [["**figures**"], list(_table(figure_rows(found.figures)))]
    return "\n\n".join("\n".join(lines) for lines in parts)


def _verdict(found: Comparison, before: str, after: str) -> Iterator[str]:
    verdict = found.verdict
    yield f"{MARKS[verdict.how]} **{headline(verdict, before, after)}**"
    yield ""
    yield from (f"- {_plain(line)}" for line in (*account(verdict), *verdict.open))
    if verdict.load:
        yield from ("", *([] if verdict.loads else ["What fits loads with", ""]))
        yield from ("```", *(visible(line, keep="").replace("```", "'''") for line in verdict.load), "```")


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield "| | | | before | after |"
    yield "|---|---|---|---|---|"
    for row in rows[:SHOWN]:
        cells = (WORDS[row.sign], code(row.name), _plain(row.label), code(row.before), code(row.after))
        yield f"| {' | '.join(cells)} |"
    if len(rows) > SHOWN:
        yield f"| | and {len(rows) - SHOWN:,} more | | | |"


def code(text: str) -> str:
    """Text in backquotes, as a cell of a table takes it; nothing for nothing."""
    shown = visible(text.replace("\n", " "), keep="").replace("|", "\\|")
    if not shown:
        return ""
    return f"``{shown.replace('``', '` `')} ``" if "`" in shown else f"`{shown}`"


def _plain(text: str) -> str:
    return visible(text, keep="").replace("|", "\\|").replace("<", "&lt;")
