"""The words of the language are one list, and what serves wrong text is imported for it alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from getdsl.compiler.sections.declared import SECTIONS
from getdsl.grammar import words
from getdsl.grammar.tables import GRAMMAR

ROOT = Path(__file__).parents[2]


def rule(name: str) -> str:
    """The right side of a rule of the grammar."""
    found = re.search(rf"^[?!]?{name}: (.*?)(?=^\S|\Z)", GRAMMAR.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None, name
    return found[1]


def starting(name: str) -> set[str]:
    """The words that a rule may start with."""
    found: set[str] = set()
    for option in rule(name).split("|"):
        first = option.split()[0]
        found |= (
            {first.strip('"')} if first.startswith('"') else starting(first) if first.islower() else set()
        )
    return found


def test_statements_start_with_the_words_of_the_list() -> None:
    assert starting("model") | starting("block") == set(words.DEFINITIONS)
    assert starting("use") | starting("model") | starting("block") == set(words.FILE_WORDS)
    statements = rule("statement").replace("|", " ").split()
    assert set().union(*(starting(name) for name in statements if name not in ("broken", "binding"))) == set(
        words.BODY_WORDS
    )
    assert set(words.DECLARATIONS) <= set(words.BODY_WORDS)


def test_sections_are_those_of_the_list() -> None:
    assert set(words.SECTION_WORDS) == set(SECTIONS)


@pytest.mark.parametrize(("text", "wanted"), [("x = [1, 2]", False), ("x = [1, 2", True), ("x = 1 \0", True)])
def test_recovery_is_imported_for_wrong_text_alone(text: str, wanted: bool) -> None:
    code = f"""
import sys
from getdsl.diagnostics import Diagnostics
from getdsl.grammar import parse, parse_expression
from getdsl.text.source import SourceFile
parse(SourceFile("spec.get", {text!r}), Diagnostics())
parse_expression(SourceFile("value", "1 + 2"), Diagnostics())
print("getdsl.grammar.recovery" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == str(wanted)
