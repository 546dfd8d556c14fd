"""What notebooks show of specs, diagnostics, plans, pictures and runs; users' texts are texts in it."""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path

import pytest

import getdsl
import getdsl.compiler.lower.model
import getdsl.runs.opened.opened_run
from getdsl.diagnostics import Diagnostic, SpecError
from getdsl.displayed import Displayed
from getdsl.drawing.palette import LIGHT
from getdsl.notebook.magic import Cell

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&\x1b[1;31m\x00"
SPEC = """model Scan {
    \"\"\"%s\"\"\"
    param width: int = 8
    input dna: onehot[B, L, 4]
    hits = dna -> Conv1d(width, kernel_size = 9)  # %s
    output peaks = relu(hits)
}
""" % ((HOSTILE.replace('"', "").replace("\x00", ""),) * 2)


class Tags(HTMLParser):
    """The tags of a display, which must be balanced, and its text."""

    VOID = ("br", "img", "rect", "path")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(thing: Displayed) -> Tags:
    """Held to bring no script, nothing that the browser fetches, and no control characters."""
    html = thing._repr_html_()
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", html)
    tags = Tags(html)
    assert "script" not in {tag for tag, _ in tags.seen}
    for tag, attributes in tags.seen:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        assert (attributes.get("src") or "data:").startswith("data:")
    return tags


def test_a_spec_shows_its_shapes_its_text_and_its_steps() -> None:
    tags = shown(getdsl.check_text(SPEC))
    assert "inputdnaonehot[B, L, 4]" in tags.text.replace("\n", "")
    assert "296 parameters" in tags.text
    assert "<script>alert(1)</script>" in tags.text  # as a text, in the doc and the comment
    assert ("span", {"class": "word"}) in tags.seen
    assert "3 steps" in tags.text


def test_diagnostics_show_their_lines_with_marks() -> None:
    checked = getdsl.check_text(SPEC.replace("relu(hits)", "relu(hist)"))
    tags = shown(checked)
    assert "error[GET204]: unknown name `hist`" in tags.text
    assert "^^^^" in tags.text
    assert ("span", {"class": "error"}) in tags.seen
    assert tags.text.endswith("1 error\n")
    assert shown(SpecError(checked.diagnostics)).text.count("GET204") == 1
    assert shown(Cell(checked)).text.count("GET204") == 1


def test_names_of_users_are_texts() -> None:
    diagnostic = Diagnostic(HOSTILE, HOSTILE, None, notes=(HOSTILE,), help=HOSTILE)
    assert shown(SpecError([diagnostic])).text.count("alert(1)") == 8


def test_very_many_diagnostics_are_counted() -> None:
    many = [Diagnostic("GET101", f"number {number}", None) for number in range(1000)]
    assert "… and 800 more" in shown(SpecError(many)).text


def test_a_plan_shows_shares_and_what_is_left(tmp_path: Path) -> None:
    spec = tmp_path / "scan.get"
    spec.write_text(SPEC + "freeze = [hits]\n")
    frozen = shown(getdsl.plan(spec))
    assert "frozen 100 %" in frozen.text
    getdsl.compile(spec).save(tmp_path / "weights")
    grown = SPEC.replace(
        "output peaks = relu(hits)", "last = relu(hits) -> Linear(1)\n    output peaks = last"
    )
    load = (
        'load "weights/weights.safetensors" {\n    strict = false\n}\nlora {\n    on = [hits]  rank = 2\n}\n'
    )
    spec.write_text(grown + load)
    plan = getdsl.plan(spec)
    tags = shown(plan)
    for words in ("loaded", "missing", "adapted", "missing from every file: 2"):
        assert words in tags.text, words
    assert repr(plan).startswith("<Plan: 2 loaded, 2 missing; ")


def test_a_picture_takes_the_colours_of_the_page(tmp_path: Path) -> None:
    drawn = getdsl.graph(getdsl.check_text(SPEC).spec)
    tags = shown(drawn)
    fills = {attributes.get("fill") for tag, attributes in tags.seen if tag in ("path", "rect", "text")}
    assert fills <= {"none", *(f"var(--{name})" for name in LIGHT)}
    assert len(fills) > 3
    drawn.save(tmp_path / "scan.svg")
    assert "var(" not in (tmp_path / "scan.svg").read_text()


def test_without_the_engine_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "quickjs", None)
    assert "pip install 'getdsl[graph]'" in shown(getdsl.graph(getdsl.check_text(SPEC).spec)).text


def test_everything_that_is_displayed_has_a_function() -> None:
    kinds = {kind.__name__: kind for kind in Displayed.__subclasses__()}
    assert {"Spec", "Checked", "Plan", "Drawn", "Model", "OpenedRun", "SpecError"} <= kinds.keys()
    for kind in kinds.values():
        module, function = kind.shown_by.split(":")
        assert callable(getattr(import_module(f"getdsl.notebook.{module}"), function))
