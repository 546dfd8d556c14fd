"""Values of a config as the language writes them, and text within the line."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from getdsl.compiler.elaborate.param_kinds import misfit
from getdsl.grammar import syntax

WIDTH = 100
WORDS = {None: "none", True: "true", False: "false"}


def literal(value: Any, *, decimal: bool = False) -> str:
    """The language's spelling of a value; with `decimal`, an integer as a decimal."""
    match value:
        case None | True | False:
            return WORDS[value]
        case int() | float():
            return str(value) if isinstance(value, int) and not decimal else _decimal(float(value))
        case list():
            return f"[{', '.join(literal(item) for item in value)}]"
        case dict():
            return _table(value)
        case _:
            return quoted(str(value))


def _table(values: Mapping[str, Any]) -> str:
    pairs = ", ".join(f"{quoted(str(name))} = {literal(item)}" for name, item in values.items())
    return f"{{ {pairs} }}" if pairs else "{}"


def _decimal(value: float) -> str:
    """The shortest exact spelling: 0.05, 1e-4, 1.0."""
    text = repr(value)
    if 0 < abs(value) < 0.01:
        short = (
            re.sub(r"\.?0*e", "e", f"{Decimal(text):e}")
            if "." in f"{Decimal(text):e}"
            else f"{Decimal(text):e}"
        )
        return min(text, short, key=len) if "e" not in text else short
    return text.replace("e+", "e")


def quoted(text: str) -> str:
    for char, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t")):
        text = text.replace(char, escape)
    return f'"{text.translate(dict.fromkeys((*range(32), 127), " "))}"'


def unusable(value: Any) -> bool:
    """Whether a value has no spelling: numbers that are none, or beyond 64 bits."""
    if isinstance(value, float):
        return not math.isfinite(value)
    return isinstance(value, int) and abs(value) >= 2**63


def shown(value: Any) -> str:
    """A value on one short line, for comments and listings."""
    text = str(value.text) if hasattr(value, "text") else literal(value)
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:57] + "…"


def problem(param: syntax.Param, value: Any) -> str | None:
    """What a param wants, where a value is not that."""
    return misfit(param.type, value)


def binding(name: str, value: str, indent: int = 4) -> str:
    """`name = value`, broken before its last arrow and then within its brackets where it is long."""
    head = f"{' ' * indent}{name} = "
    if len(head) + len(value) <= WIDTH:
        return head + value
    source, arrow, target = value.rpartition(" -> ")
    if arrow and _depth(source) == 0:
        return f"{head}{source}\n{filled(' ' * (len(head) - 3) + '-> ' + target)}"
    return filled(head + value)


def term_lines(rows: list[tuple[str, str, str]]) -> list[str]:
    """Terms with their names and weights in columns, long ones broken."""
    width = max((len(name) for name, _, _ in rows), default=0)
    heads = [f"    {name:<{width}} = {value}" for name, value, _ in rows]
    edge = max((len(head) for head in heads), default=0)
    lines = []
    for head, (_, _, weight) in zip(heads, rows, strict=True):
        if edge + len(weight) + 2 <= WIDTH:
            lines.append(f"{head:<{edge}}  {weight}".rstrip())
        else:
            lines.append(filled(f"{head} {weight}".rstrip()))
    return lines


def filled(text: str) -> str:
    """A statement of one line, broken after commas, what follows aligned inside its bracket."""
    lines: list[str] = []
    column = 0
    while len(text) > WIDTH:
        cuts = [i + 1 for i in _commas(text) if column < i < WIDTH]
        if not cuts:
            break
        cut = min(cuts, key=lambda at: (_depth(text[:at]), -at))
        lines.append(text[:cut].rstrip())
        column = _inside(text[:cut], column)
        text = " " * column + text[cut:].lstrip()
    return "\n".join([*lines, text])


def _commas(text: str) -> list[int]:
    return [i for i, char in enumerate(_masked(text)) if char == ","]


def _depth(text: str) -> int:
    masked = _masked(text)
    return sum(masked.count(char) for char in "([{") - sum(masked.count(char) for char in ")]}")


def _inside(text: str, column: int) -> int:
    """The column after the innermost bracket that is open at a line's end, or the column before."""
    open_at: list[int] = []
    for i, char in enumerate(_masked(text)):
        if char in "([{":
            open_at.append(i + 1)
        elif char in ")]}" and open_at:
            open_at.pop()
    return open_at[-1] if open_at else column or len(text) - len(text.lstrip()) + 4


def _masked(text: str) -> str:
    """The text with what stands in strings blotted out."""
    return re.sub(r'"(?:\\.|[^"\\])*"', lambda found: '"' + "_" * (len(found[0]) - 2) + '"', text)
