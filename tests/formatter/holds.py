"""What must hold of a text that parses: its layout says the same, and is its own layout."""

from __future__ import annotations

from random import Random

from getdsl.diagnostics import Diagnostics, SpecError
from getdsl.formatter import formatted
from getdsl.grammar import parse
from getdsl.grammar.syntax import File
from getdsl.text.source import SourceFile
from tests.formatter.layouts import respaced, scattered


def problem(text: str) -> str | None:
    """What is wrong with the layout of a text; None where all holds, or it does not parse."""
    try:
        once = formatted(text)
    except SpecError:
        return None
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if formatted(once) != once:
        return "its layout has another layout"
    if any(line != line.rstrip() for line in once.splitlines()):
        return "a line of its layout ends with spaces"
    return None


def problem_of_layouts(random: Random, text: str) -> str | None:
    """What is wrong with other layouts of a text that parses; its own layout has to come of them."""
    once = formatted(text)
    other = respaced(random, once)
    if formatted(other) != once:
        return f"another layout comes of:\n{other}"
    return problem(scattered(random, once))


def parses(text: str) -> bool:
    return parsed(text) is not None


def parsed(text: str) -> File | None:
    diagnostics = Diagnostics()
    file = parse(SourceFile("text", text), diagnostics)
    return None if diagnostics.errors else file
