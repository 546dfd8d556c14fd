"""Fixes as data: edits that mend a text, made together where they stay apart."""

from __future__ import annotations

import json

import pytest

from getdsl.compiler.check import check_text
from getdsl.diagnostics import Diagnostic
from getdsl.diagnostics.fixes import Edit, Fix, add, apart, applied, remove, renamed, write
from getdsl.diagnostics.render import render
from getdsl.diagnostics.suggest import meant
from getdsl.text.source import SourceFile, Span

FILE = SourceFile("spec.get", "one = 1\ntwo = 2 # due\n\nthree = 3\n")


def span(text: str) -> Span:
    start = FILE.text.index(text)
    return Span(FILE, start, start + len(text))


def fix(place: Span, text: str) -> Fix:
    return Fix("write it", (Edit(place, text),))


def test_fixes_are_made_in_any_order() -> None:
    fixes = [fix(span("three"), "drei"), fix(span("one"), "eins")]
    assert applied(FILE.text, fixes) == "eins = 1\ntwo = 2 # due\n\ndrei = 3\n"
    assert applied(FILE.text, []) == FILE.text


def test_fixes_that_overlap_are_refused() -> None:
    with pytest.raises(ValueError, match="two fixes change one place"):
        applied(FILE.text, [fix(span("one = 1"), ""), fix(span("one"), "eins")])


def test_those_that_touch_wait() -> None:
    first, inside, beside, far = (
        fix(span("one = 1"), "eins"), fix(span("one"), ""), fix(span("\n"), ""), fix(span("due"), "zwei")
    )  # fmt: skip
    assert apart([first, inside, beside, far]) == [first, far]


def test_a_help_and_its_fix_say_the_same() -> None:
    def by(help: object) -> str:
        found = getattr(help, "fix", None)
        return applied(FILE.text, [found]) if found else ""

    assert by(write("uno", span("one"))).startswith("uno = 1")
    assert by(add(")", span("one = 1"))).startswith("one = 1)\n")
    assert by(remove(span("three = 3"))) == "one = 1\ntwo = 2 # due\n\n"
    assert by(remove(span("# due"))).startswith("one = 1\ntwo = 2\n")
    assert by(renamed("did you mean `uno`?", span("one = 1"), "one", "uno")).startswith("uno = 1")
    assert renamed("did you mean `uno`?", Span(FILE, 0, len(FILE.text)), "absent", "uno").fix is None


def test_a_name_that_may_be_two_has_no_fix() -> None:
    sure, unsure = (meant("three", span("three"), known) for known in ({"thre"}, {"thred", "threa"}))
    assert sure is not None
    assert sure.fix is not None
    assert unsure is not None
    assert unsure.fix is None
    assert unsure.text.startswith("did you mean")


def fixed(text: str) -> tuple[list[Diagnostic], str]:
    """What is found in a spec, and its text after the fixes."""
    found = [item for item in check_text(text).diagnostics if item.severity == "error"]
    return found, applied(text, apart(fix for item in found for fix in item.fixes))


MODEL = """model M {
    input x: [B, 8]
    y = x -> Linear(4, bias = true)
    pair = concat([y, y], dim = 1)
    output out = relu(pair)
}
train { epochs = 1 }
"""
SLIPS = [  # what is written, and what is meant
    ("relu(pair)", "reluu(pair)"),
    ("Linear(4, bias", "Linear(4, bais"),
    ("bias = true", "bias = True"),
    ("y = x ->", "y == x ->"),
    ("[y, y]", "[y y]"),
    ("Linear(4, bias = true)", "Linear(4, bias = true"),
    ("relu(pair)", "relu(pair))"),
    ("train { epochs", "train { epoch"),
    ("input x: [B, 8]", "inptu x: [B, 8]"),
    ("input x: [B, 8]", "input x [B, 8]"),
    ("model M {", "model M"),
    ("= relu(pair)\n}", "= relu(pair)"),
    ("dim = 1)", "dim = 1);"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong"), SLIPS, ids=[wrong for _, wrong in SLIPS])
def test_a_slip_is_mended(right: str, wrong: str) -> None:
    assert right in MODEL
    found, text = fixed(MODEL.replace(right, wrong, 1))
    assert text == MODEL
    assert len(found) == 1


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("t = { a: 1, b: 2 }", "t = { a = 1, b = 2 }"),
        ("t = 'one' == 'two'", 't = "one" == "two"'),
        ("t = [1 2 3]", "t = [1, 2, 3]"),
        ('t = "C:\\data"', 't = "C:\\\\data"'),
        ("t = true && false", "t = true and false"),
        ('t = "open', 't = "open"'),
        ('t = len(["a", "b])', 't = len(["a", "b"])'),
    ],
)
def test_a_slip_is_mended_wherever_it_is_made(wrong: str, right: str) -> None:
    spoiled = MODEL.replace("    y =", f"    {wrong}\n    y =")
    found, text = fixed(spoiled)
    assert text == MODEL.replace("    y =", f"    {right}\n    y =")
    assert len(found) >= 1


def test_json_carries_the_edits() -> None:
    found, _ = fixed(MODEL.replace("epochs", "epoch"))
    (item,) = json.loads(render(found, "json"))
    assert item["fixes"] == [
        {
            "title": "write `epochs` for `epoch`",
            "edits": [
                {
                    "file": "spec.get",
                    "line": 7,
                    "column": 9,
                    "end_line": 7,
                    "end_column": 14,
                    "text": "epochs",
                }
            ],
        }
    ]
