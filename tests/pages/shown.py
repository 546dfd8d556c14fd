"""Whether what was printed is what a page shows: `…` is any text, and as a line any number of lines.

Where figures are aside, because the test computes less than the page, all numbers are alike, and lines that
are then the same as the one before, as those of epochs, count once.
"""

from __future__ import annotations

import re

FIGURE = re.compile(r"\b[0-9a-f]{8}\b|-?\d[\d.,]*(e[+-]?\d+)?")


def tidy(text: str) -> str:
    """What is printed, without what differs from machine to machine: folders, blanks at the ends."""
    return re.sub(r" +$", "", re.sub(r"(?<=[ `])/\S+/", "…/", text), flags=re.MULTILINE)


def fits(shown: str, printed: str, figures: bool = True) -> bool:
    if not figures:
        shown, printed = without_figures(shown), without_figures(printed)
    pattern = "".join("(?:.*\n)*?" if line == "…" else _line(line) for line in shown.splitlines())
    return re.fullmatch(pattern, printed) is not None


def _line(shown: str) -> str:
    return ".*".join(map(re.escape, shown.split("…"))) + "\n"


def without_figures(text: str) -> str:
    words = re.sub(r"\b[KMGT]iB\b|\bbytes\b", "B", re.sub(r"\b\d+(\.\d+)? [kMGT]\b", "#", text))
    words = FIGURE.sub("#", re.sub(r"-{2,}", "--", words)).replace(" *", "")
    lines: list[str] = []
    for line in (re.sub(r"\s+", " ", line).strip() for line in words.splitlines()):
        line = re.sub(r"^# \S+ # x #$", "# MOTIF # x #", line)  # few samples show others
        if not lines or line != lines[-1]:
            lines.append(line)
    return "".join(f"{line}\n" for line in lines)
