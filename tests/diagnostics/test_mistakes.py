"""Each mistake is worded in one place: a constructor beside its code, and no prose in the compiler."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from getdsl.diagnostics.catalogue import CODES

PACKAGE = Path(__file__).parents[2] / "getdsl"
MISTAKES = [path for path in (PACKAGE / "diagnostics" / "mistakes").glob("*.py") if path.stem != "__init__"]
CODE = re.compile(r"GET\d{3}")

WITHOUT_CONSTRUCTOR = {"GET514", "GET515"}  # one constructor makes either


def defined(text: str) -> Iterator[tuple[str, str]]:
    """The codes of a module in their order, each with the source that stands below it."""
    body = ast.parse(text).body
    starts = [item for item in body if isinstance(item, ast.Assign) and _is_code(item.targets[0])]
    for code, following in zip(starts, [*starts, None][1:], strict=True):
        below = [
            item
            for item in body
            if isinstance(item, ast.FunctionDef)
            and item.lineno > code.lineno
            and (following is None or item.lineno < following.lineno)
        ]
        assert isinstance(code.targets[0], ast.Name)
        yield code.targets[0].id, "\n".join(ast.unparse(item) for item in below)


def _is_code(target: ast.expr) -> bool:
    return isinstance(target, ast.Name) and CODE.fullmatch(target.id) is not None


def has_prose(text: str) -> bool:
    """Whether a module words a mistake itself."""
    return any(_words_a_mistake(node) for node in ast.walk(ast.parse(text)))


def _words_a_mistake(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    match node.func:
        case (
            ast.Attribute(attr="report")
            | ast.Name(id="report" | "Diagnostic")
            | ast.Attribute(attr="Diagnostic")
        ):
            pass
        case ast.Attribute(attr="at", value=ast.Name(id=name) | ast.Attribute(attr=name)) if CODE.fullmatch(
            name
        ):
            pass
        case _:
            return False
    inside = (each for argument in (*node.args, *node.keywords) for each in ast.walk(argument))
    return any(isinstance(each, ast.Constant) and isinstance(each.value, str) for each in inside)


def test_codes_are_unique_and_named_after_themselves() -> None:
    names = Counter(name for path in MISTAKES for name, _ in defined(path.read_text()))
    assert {name for name, number in names.items() if number > 1} == set()
    assert set(names) == set(CODES)
    assert all(code.id == name for name, code in CODES.items())


def test_each_code_has_a_constructor_right_below() -> None:
    missing = {
        name for path in MISTAKES for name, below in defined(path.read_text()) if f"{name}.at(" not in below
    }
    assert missing == WITHOUT_CONSTRUCTOR


def test_a_constructor_makes_mistakes_of_the_code_above_it() -> None:
    for path in MISTAKES:
        for name, below in defined(path.read_text()):
            assert set(re.findall(r"(GET\d{3})\.at\(", below)) <= {name}, path.name


def test_the_compiler_words_no_mistakes() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix()
        for room in ("compiler", "grammar")
        for path in (PACKAGE / room).rglob("*.py")
        if has_prose(path.read_text())
    }
    assert not found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('diagnostics.report("GET101", why, place)', True),
        ('self.report(code, f"no {name}", place)', True),
        ('names.GET204.at(place, "unknown")', True),
        ('GET204.at(place, message, help="write it")', True),
        ('Diagnostic(code, "unknown", None)', True),
        ("diagnostics.add(names.unknown(name, place))", False),
        ("GET204.at(place, message)", False),
        ('self.report(mistake)\nprint("GET204")', False),
    ],
)
def test_prose_is_told_from_data(text: str, words: bool) -> None:
    assert has_prose(text) is words
    assert has_prose(f"def f():\n    if True:\n        {text.splitlines()[0]}\n") is words


def test_a_code_without_a_constructor_is_found() -> None:
    text = "GET901 = Code()\nGET902 = Code()\n\ndef wrong(place):\n    return GET902.at(place, 'no')\n"
    assert [(name, bool(below)) for name, below in defined(text)] == [("GET901", False), ("GET902", True)]
