"""What is written in each format; whatever names a spec has, they stay text."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from getdsl.cli import main
from getdsl.diagnostics import UserError
from getdsl.drawing.dot import dot
from getdsl.drawing.formats import written
from getdsl.drawing.layout import Laid, lay_out
from getdsl.drawing.mermaid import mermaid
from getdsl.drawing.opening import opened
from getdsl.drawing.page import page
from getdsl.drawing.raster import raster
from getdsl.drawing.svg import svg
from tests.drawing.drawn import ROOT, boxes, small

OPEN = ["layers.1"]
SHOWN = {"dna", "hits", "layers", "layers.0", "layers.1", "layers.1.one", "layers.2", "head", "output score"}
HIDDEN = {"layers.0.one", "layers.2.two"}
STRING = r'"(?:[^"\\]|\\.)*"'


@pytest.fixture(scope="module")
def laid() -> Laid:
    pytest.importorskip("quickjs")
    return lay_out(small(), opened(small(), names=OPEN))


def test_svg_is_well_formed_and_shows_what_is_open(laid: Laid) -> None:
    root = ElementTree.fromstring(svg(small(), laid))
    titles = {item.text for item in root.iter("{http://www.w3.org/2000/svg}title")}
    assert titles >= SHOWN
    assert not titles & HIDDEN
    texts = {item.text for item in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"Small", "layers × 4", "onehot[B, L, 4]", "[B, 8]", "loaded from a file", "head"} <= texts


def test_boxes_do_not_overlap_and_lie_in_those_around_them(laid: Laid) -> None:
    places = {item["box"]: item["place"] for item in laid.items if "box" in item}
    drawn = boxes(small())
    for id in opened(small(), names=OPEN):
        inside = drawn[id].inside
        assert inside is not None
        assert all(within(places[box.id], places[id]) for box in inside.boxes)
    top = [places[box.id] for box in small().inside.boxes]
    assert not any(overlap(a, b) for a in top for b in top if a is not b)
    assert all(place["x"] >= 0 and place["x"] + place["width"] <= laid.width for place in places.values())


def within(place: dict[str, float], around: dict[str, float]) -> bool:
    return all(
        around[a] <= place[a] and place[a] + place[b] <= around[a] + around[b]
        for a, b in (("x", "width"), ("y", "height"))
    )


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    return all(
        one[a] < other[a] + other[b] and other[a] < one[a] + one[b]
        for a, b in (("x", "width"), ("y", "height"))
    )


def test_png_and_pdf_have_what_their_names_say(laid: Laid) -> None:
    png, pdf = raster(small(), laid, "png"), raster(small(), laid, "pdf")
    assert png.startswith(b"\x89PNG")
    width = int.from_bytes(png[16:20], "big")
    assert width > laid.width * 2, "sharp on a screen of two dots a point"
    assert pdf.startswith(b"%PDF")


def test_dot_quotes_all_names() -> None:
    """All that is not in a string is of DOT's own words."""
    text = dot(small(), opened(small(), names=OPEN))
    strings = set(re.findall(STRING, text))
    assert {f'"{name}"' for name in SHOWN - {"layers", "layers.1"}} <= strings
    assert '"cluster layers.1"' in strings
    bare = set(re.findall(r"[^\s;,=\[\]{}]+", re.sub(STRING, "", text)))
    assert bare <= {
        *"digraph graph node edge subgraph -> label labelloc t fontname fontsize fontcolor".split(),
        *"shape style color fillcolor tooltip parallelogram hexagon box box3d point 9 11 18".split(),
    }


@pytest.mark.filterwarnings("ignore:.*deprecated - use:DeprecationWarning")  # of pydot's parser
def test_dot_is_read_by_others() -> None:
    pydot = pytest.importorskip("pydot")
    (graph,) = pydot.graph_from_dot_data(dot(small(), opened(small(), names=OPEN)))
    assert len(graph.get_edges()) > 10


def test_mermaid_escapes_all_that_is_not_plain() -> None:
    text = mermaid(small(), opened(small(), names=OPEN))
    labels = re.findall(r'"([^"]*)"', text)
    assert not any(re.search(r"[<>`\[\]{}|]", label.replace("<br>", "")) for label in labels)
    assert (
        len(re.findall(r"^\s*subgraph ", text, re.MULTILINE))
        == 2
        == len(re.findall(r"^\s*end$", text, re.MULTILINE))
    )
    defined = set(re.findall(r"^\s*(?:subgraph )?(n\d+)[\[({]", text, re.MULTILINE))
    used = {name for ends in re.findall(r"(n\d+) -->\|[^|]*\| (n\d+)", text) for name in ends}
    assert used <= defined


def test_a_page_holds_hostile_names_as_data() -> None:
    text = page(small(), frozenset())
    assert text.count("</script>") == 2
    assert "<i>" not in text
    found = re.search(r'<script type="application/json" id="picture">(.*?)</script>', text)
    assert found is not None
    data = json.loads(found[1])
    boxes = {box["id"]: box for box in data["picture"]["inside"]["boxes"]}
    assert "</script><script>" in boxes["layers"]["doc"]
    assert "unsafe" not in re.findall(r'Content-Security-Policy" content="([^"]*)"', text)[0]


def test_titles_are_escaped(laid: Laid) -> None:
    """No name of a spec holds a `<` today, and a picture does not count on that."""
    named = replace(small(), title="<b>&")
    assert "<title>&lt;b&gt;&amp;</title>" in page(named, frozenset())
    assert "<b>" not in page(named, frozenset())
    texts = {item.text for item in ElementTree.fromstring(svg(named, laid)).iter()}
    assert "<b>&" in texts


def test_without_the_engine_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "quickjs", None)
    for format in ("svg", "png", "pdf"):
        with pytest.raises(UserError, match="quickjs-ng") as error:
            written(small(), frozenset(), format)
        assert "pip install 'getdsl[graph]'" in str(error.value.help)
    for format in ("html", "dot", "mermaid"):
        assert written(small(), frozenset(), format)


# ---- the command


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


SPEC = str(ROOT / "specs/quickstart.get")


def test_the_command_writes_or_prints(there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", SPEC]) == 0
    assert "quickstart.html  1," in capsys.readouterr().err
    assert (there / "quickstart.html").read_text().startswith("<!doctype html>")
    assert main(["graph", SPEC, "--format", "mermaid"]) == 0
    assert capsys.readouterr().out.startswith("flowchart TD\n")
    assert main(["graph", SPEC, "-o", "made/a.gv"]) == 0
    assert (there / "made/a.gv").read_text().startswith("digraph ")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["-o", "a.jpg"], "a name that ends in .html, .svg"),
        (["--unfold", "nothing"], "no box of"),
        (["--set-dim", "Z=3"], "no size `Z`"),
    ],
)
def test_what_cannot_be_drawn_is_said(
    options: list[str], told: str, there: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["graph", SPEC, *options]) == 1
    assert told in capsys.readouterr().err
    assert not list(there.iterdir())
