"""Diagnostics as text, as JSON and as annotations of a pull request."""

from __future__ import annotations

import io
import json
import re

import pytest

from getdsl.compiler.check import check_text
from getdsl.diagnostics import Diagnostic, Diagnostics, Label, nearest, suggestion, suggestion_or_list
from getdsl.diagnostics.catalogue import CODES
from getdsl.diagnostics.pages import page_of
from getdsl.diagnostics.render import render
from getdsl.diagnostics.text import render_text
from getdsl.text.source import SourceFile, Span

FILE = SourceFile("a, b:c.get", "one = 1\ntwo = 2\nthree = 3\nfour = 4\nfive = 5\n")
ITEM = Diagnostic(
    "GET302",
    "100% wrong",
    Label(Span(FILE, 31, 36), "here"),
    (Label(Span(FILE, 0, 3), "there"),),
    ("where B is free",),
    "mend it\nor not",
)


def test_text() -> None:
    assert render([ITEM], "text") == (
        "error[GET302]: 100% wrong\n"
        " --> a, b:c.get:4:6\n"
        "  |\n"
        "1 | one = 1\n"
        "  | --- there\n"
        "...\n"
        "4 | four = 4\n"
        "  |      ^^^ here\n"
        "  |\n"
        "  = where B is free\n"
        "  = help: mend it\n"
        "    or not"
    )


def test_json() -> None:
    (found,) = json.loads(render([ITEM], "json"))
    assert found["code"] == "GET302"
    assert found["severity"] == "error"
    assert found["help"] == ITEM.help
    assert found["primary"] == {
        "file": "a, b:c.get", "line": 4, "column": 6, "end_line": 5, "end_column": 2, "text": "here"
    }  # fmt: skip
    assert [label["line"] for label in found["labels"]] == [1]
    assert found["notes"] == ["where B is free"]
    assert json.loads(render([], "json")) == []


def test_github() -> None:
    assert render([ITEM], "github") == (
        "::error file=a%2C b%3Ac.get,line=4,col=6,endLine=5,endColumn=2,title=GET302::"
        "100%25 wrong%0Awhere B is free%0Ahelp: mend it%0Aor not"
    )
    assert (
        render([Diagnostic("GET101", "gone", None, severity="note")], "github")
        == "::notice title=GET101::gone"
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colour_only_on_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_HYPERLINK", "0")
    assert "\x1b[" in render([ITEM], "text", Terminal())
    assert "\x1b[" not in render([ITEM], "text", io.StringIO())
    assert re.sub(r"\x1b\[[\d;]*m", "", render([ITEM], "text", Terminal())) == render([ITEM], "text")


def test_the_same_mistake_is_kept_once() -> None:
    diagnostics = Diagnostics()
    for _ in range(2):
        diagnostics.add(ITEM)
    assert len(diagnostics) == 1


def test_suggestions() -> None:
    assert nearest("epoch", ["epochs", "seed"]) == "epochs"
    assert nearest("LR", ["lr", "LRx"]) == "lr"
    assert nearest("zzz", ["epochs"]) is None
    assert nearest("a", []) is None
    assert suggestion("epoch", ["epochs"]) == "did you mean `epochs`?"
    assert suggestion_or_list("zzz", ["b", "a"], "names") == "names: `a`, `b`"
    assert suggestion_or_list("zzz", map(str, range(20)), "names").endswith("and 8 more")
    assert suggestion_or_list("zzz", [], "names") == "names: none"


def test_every_code_teaches() -> None:
    for name, code in CODES.items():
        assert re.fullmatch(r"GET\d{3}", name)
        assert (
            code.title and code.explanation.strip().endswith(tuple(".)}]0123456789"))
        ) or "    " in code.explanation


@pytest.mark.parametrize(
    ("stream", "set_to", "linked"),
    [
        (Terminal(), {}, True),
        (io.StringIO(), {}, False),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"TERM": "dumb"}, False),
        (Terminal(), {"CI": "true"}, False),
        (Terminal(), {"FORCE_HYPERLINK": "0"}, False),
        (io.StringIO(), {"FORCE_HYPERLINK": "1", "CI": "true"}, True),
    ],
)
def test_codes_are_links_where_a_terminal_shows_them(
    stream: io.StringIO, set_to: dict[str, str], linked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CI", "NO_COLOR", "FORCE_HYPERLINK"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ({"TERM": "xterm"} | set_to).items():
        monkeypatch.setenv(name, value)
    printed = render(check_text("model M { output y = nowhere }").diagnostics, "text", stream)
    page = page_of("GET204")
    assert page is not None
    assert (f"\x1b]8;;{page}\x1b\\GET204\x1b]8;;\x1b\\" in printed) is linked
    assert printed.count("\x1b]8;;") == 2 * linked


def test_an_address_cannot_end_its_link_early(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getdsl.diagnostics.pages.page_of", lambda code: f"file:///a\x1b\\{code}")
    found = check_text("model M { output y = nowhere }").diagnostics
    assert "\x1b" not in render_text(found, links=True)
