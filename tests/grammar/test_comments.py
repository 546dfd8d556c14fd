"""Comments: each is there once, with its place and the statement that it belongs to."""

from __future__ import annotations

from pathlib import Path

import pytest
from lark import Lark, Token

from getdsl.compiler import library
from getdsl.diagnostics import Diagnostics
from getdsl.grammar import parse, syntax
from getdsl.grammar.tables import GRAMMAR
from getdsl.grammar.trivia import Attached, attach
from getdsl.text.source import SourceFile

ROOT = Path(__file__).parents[2]
SPECS = [*sorted((ROOT / "specs").rglob("*.get")), *sorted({*library.index().values()})]


def read(text: str) -> syntax.File:
    return parse(SourceFile("spec.get", text), Diagnostics())


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_comments_of_a_spec_are_those_that_the_lexer_skips(path: Path) -> None:
    skipped: list[Token] = []
    lark = Lark(
        GRAMMAR.read_text(),
        parser="lalr",
        maybe_placeholders=False,
        lexer_callbacks={"COMMENT": skipped.append},  # type: ignore[dict-item]
    )
    text = path.read_text()
    lark.parse(text)
    file = read(text)
    assert [(item.span.start, item.text) for item in file.comments] == [
        (token.start_pos, token.rstrip()) for token in skipped
    ]
    assert all(item.span.text == item.text for item in file.comments)
    assert [item.comment for item in attach(file)] == list(file.comments)


def test_specs_have_comments() -> None:
    assert sum(len(read(path.read_text()).comments) for path in SPECS) > 50


@pytest.mark.parametrize("text", ['x = "a # b"', 'x = "\\" # b"', 'model M { """# no\n# no""" }', 'use "#"'])
def test_a_hash_in_a_string_starts_no_comment(text: str) -> None:
    assert read(text).comments == ()
    (comment,) = read(f"{text} # yes").comments
    assert comment.text == "# yes"


def test_line_ends_are_no_part_of_a_comment() -> None:
    assert [item.text for item in read("# a\r\nx = 1 # b  \r\n#").comments] == ["# a", "# b", "#"]


def test_comments_do_not_show_in_the_tree() -> None:
    bare, commented = read("x = [1, 2]\n"), read("x = [1, 2] # here\n")
    assert [repr(item) for item in bare.items] == [repr(item) for item in commented.items]


BROKEN = """\
# at the top
model M {  # opens
    input x: [B
    # before what is broken
    y = relu(x # inside what is broken
    z = "not # closed
    output w = x  # behind
}
# at the end
"""


def test_comments_survive_what_does_not_parse() -> None:
    diagnostics = Diagnostics()
    file = parse(SourceFile("spec.get", BROKEN), diagnostics)
    assert diagnostics.errors
    assert [item.text for item in file.comments] == [
        "# at the top", "# opens", "# before what is broken", "# inside what is broken", "# behind",
        "# at the end",
    ]  # fmt: skip
    assert [item.comment for item in attach(file)] == list(file.comments)


TEXT = """\
# 0: leading use
# 1: leading use
use "a.get"  # 2: trailing use
# 3: leading M
model M {  # 4: opening M
    # 5: leading input
    input x: [B, 4]  # 6: trailing input
    y = [  # 7: opening list
        # 8: leading one
        1,  # 9: trailing one
        2  # 10: trailing two
        # 11: closing list
    ]  # 12: trailing y
    z = relu(  # 13: opening call
        x  # 14: trailing argument
    )
    w = x +  # 15: inside w
        x
    for i in [0,  # 16: trailing zero
              1] {  # 17: opening for
        # 18: leading v
        v = x
        # 19: closing for
    }
    if true {  # 20: opening if
        u = {  # 21: opening table
            a = 1,  # 22: trailing a
        }
    } else {
        # 23: leading t
        t = x
    }
    # 24: closing M
}

train {  # 25: opening train
    epochs = 3  # 26: trailing epochs
}  # 27: trailing train
# 28: closing the file
"""


def described(item: Attached) -> str:
    owner = item.owner
    if owner is None:
        return f"{item.place} the file"
    names = {
        syntax.Use: "use",
        syntax.Input: "input",
        syntax.List: "list",
        syntax.Call: "call",
        syntax.For: "for",
        syntax.If: "if",
        syntax.Dict: "table",
        syntax.Name: "argument",
        syntax.Pair: "a",
        syntax.Section: "train",
    }
    if isinstance(owner, syntax.Number):
        return f"{item.place} {('zero', 'one', 'two')[int(owner.value)]}"
    return f"{item.place} {names.get(type(owner)) or owner.name}"


def test_each_comment_has_its_owner() -> None:
    attached = attach(read(TEXT))
    assert [f"# {number}: {described(item)}" for number, item in enumerate(attached)] == [
        item.comment.text for item in attached
    ]


def test_a_file_of_comments_alone() -> None:
    assert [(item.owner, item.place) for item in attach(read("# a\n\n# b"))] == [(None, "closing")] * 2
    assert attach(read("")) == ()
