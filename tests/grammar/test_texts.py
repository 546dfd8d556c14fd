"""Texts as editors and accidents make them: line ends, marks, binaries, sizes, depth."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from getdsl.compiler.check import check, check_text
from getdsl.diagnostics import Diagnostics
from getdsl.diagnostics.text import render_text
from getdsl.grammar import parse, syntax
from getdsl.text.source import SourceFile

SPEC = "model M {\n    input x: [B, 4]\n    y = x -> Linear(8)\n    output y\n}\n"


def errors(text: str) -> list[tuple[str, int]]:
    found = check_text(text).diagnostics
    return [
        (item.code, item.primary.span.line if item.primary else 0)
        for item in found
        if item.severity == "error"
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("indent", ["    ", "\t", " \t ", ""])
def test_line_ends_and_indents(end: str, indent: str) -> None:
    assert errors(SPEC.replace("    ", indent).replace("\n", end)) == []


def test_lines_are_counted_with_windows_line_ends() -> None:
    assert errors(SPEC.replace("Linear", "Lineer").replace("\n", "\r\n")) == [("GET207", 3)]


def test_a_tab_is_underlined_where_it_stands() -> None:
    shown = render_text(check_text(SPEC.replace("    ", "\t").replace("Linear", "Lineer")).diagnostics)
    line, mark = shown.splitlines()[3:5]
    assert line.index("Lineer") == mark.index("^")
    assert "\t" not in shown


@pytest.mark.parametrize("data", [b"\xef\xbb\xbf" + SPEC.encode(), SPEC.encode()])
def test_a_byte_order_mark_is_no_text(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "spec.get"
    path.write_bytes(data)
    assert check(path).ok


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "not UTF-8"),
        (SPEC.encode("utf-16"), "not UTF-8"),
        (SPEC.encode() + b"\0", "binary"),
        (b"# x\n" * 2_500_000, "more than 1,000,000 bytes"),
    ],
)
def test_what_is_no_spec(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "spec.get"
    path.write_bytes(data)
    started = time.process_time()
    (found,) = check(path).diagnostics
    assert found.code == "GET101"
    assert why in found.message
    assert time.process_time() - started < 1


def test_a_folder_is_no_spec(tmp_path: Path) -> None:
    assert [item.code for item in check(tmp_path).diagnostics] == ["GET101"]


def _body(statement: str) -> str:
    return f"model M {{\n input x: [B]\n {statement}\n output z = x\n}}"


DEEP = {
    "parentheses": _body("y = " + "(" * 2000 + "x" + ")" * 2000),
    "open parentheses": _body("y = " + "(" * 2000 + "x"),
    "calls": _body("y = " + "relu(" * 2000 + "x" + ")" * 2000),
    "lists": _body("y = " + "[" * 2000 + "1" + "]" * 2000),
    "ifs": _body("if true {" * 2000 + "a = 1" + "}" * 2000),
    "else ifs": _body("if false { a = 1 }" + " else if false { a = 1 }" * 2000),
    "loops": _body("for i in 0..1 {" * 2000 + "a = 1" + "}" * 2000),
    "minuses": _body("y = " + "-" * 2000 + "x"),
    "nots": _body("y = " + "not " * 2000 + "true"),
    "choices": _body("y = " + "if true then 1 else " * 2000 + "1"),
    "indices": _body("y = x" + "[0]" * 2000),
    "attributes": _body("y = x" + ".a" * 2000),
    "braces": "{" * 5000,
    "closers": "}" * 5000,
    "all brackets": "([{" * 3000,
    "quotes": '"' * 5001,
    "blocks": "\n".join(f"block A{i} {{ input x: [B]\n output y = x -> A{i + 1}() }}" for i in range(300))
    + "\nblock A300 { input x: [B]\n output y = x }\nmodel M { input x: [B]\n output y = x -> A0() }",
    "params": _body("\n".join(f"param p{i}: int = p{i + 1}" for i in range(500)) + "\nparam p500: int = 1"),
    "loops in loops": _body("for i in 0..4000 { for j in 0..4000 { a = i } }"),
    "empty loops in loops": _body("for i in 0..5000 { for j in 0..5000 { for k in 0..5000 { } } }"),
    "growing sizes": "model M { input x: [B, L]\n n = L + B\n for i in 0..60 { n = n * n }\n output y = x }",
    "growing quotients": "model M { input x: [B, L]\n n = L\n for i in 0..2000 { n = n // 3 + 1 }\n"
    " output y = x }",
    "growing integers": _body("n = 3\n for i in 0..60 { n = n * n }"),
    "growing lists": _body("n = [0]\n for i in 0..60 { n = n + n }"),
    "a long string": _body('n = "a" * 10000000000'),
    "a huge power": _body("n = 9 ** 64 ** 64"),
    "a huge number": _body("param n: int = " + "9" * 5000),
    "a huge range": "model M { input x: [B]\n output y = x }\nfreeze = [a.b[0..100000000]]",
}


@pytest.mark.parametrize("kind", DEEP)
def test_depth_and_growth_are_limited(kind: str) -> None:
    """What would exhaust the stack, the memory or the patience is a diagnostic, at once."""
    started = time.process_time()
    checked = check_text(DEEP[kind])
    assert checked.ok is (kind == "parentheses")  # they leave no trace in the tree
    assert 1 <= len(checked.diagnostics) <= 60 or checked.ok
    assert time.process_time() - started < 5


def test_what_people_write_is_not_limited() -> None:
    assert errors(_body("y = " + "relu(" * 80 + "x" + ")" * 80)) == []


def test_spans_point_into_the_file_after_repairs() -> None:
    """Edits of recovery never move a place: names in the tree are where the file has them."""
    text = (
        "modle M {\n    inptu x: [B, 4]\n    y = relu(x))\n    z = relu(x\n    output w = relu(nowhere)\n}\n"
    )
    file = parse(SourceFile("spec.get", text), Diagnostics())
    names = [node for item in file.items for node in syntax.walk(item) if isinstance(node, syntax.Name)]
    assert [name.span.text for name in names] == [name.id for name in names]
    assert names
    assert errors(text) == [("GET102", 1), ("GET102", 2), ("GET104", 3), ("GET103", 4), ("GET204", 5)]
