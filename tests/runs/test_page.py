"""A run's folder and the page that is made of it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from getdsl.compiler.check import check
from getdsl.diagnostics import UserError
from getdsl.highlighting.html import highlighted
from getdsl.runs.outcome.environment import git_state
from getdsl.runs.outcome.log import logged
from getdsl.runs.page.contents import Contents
from getdsl.runs.page.page import page
from getdsl.runs.pictures.style import FORMATS

HOSTILE = '"><script>alert(1)</script><img src=http://example.org/x onerror=alert(2)>'


class Page(HTMLParser):
    """What a browser would see: tags with their attributes, and the texts between."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in ("img", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_what_a_run_leaves(whole: Path, small: Path) -> None:
    for name in ("learning_curve", "predicted_vs_measured"):
        assert all((whole / "pictures" / f"{name}.{format}").stat().st_size > 5000 for format in FORMATS)
    environment = json.loads((whole / "environment.json").read_text())
    assert {"started", "command", "device", "processor", "threads", "versions"} <= environment.keys()
    assert environment["threads"] == 1
    assert "matplotlib" in environment["versions"]
    spec = check(whole / "spec.get").spec
    assert spec is not None
    assert "scanner" in (whole / "plan.txt").read_text()
    log = (whole / "log.txt").read_text()
    assert log.count("epoch ") >= 4
    assert "held-out test set: 40 samples on chrIII" in log
    assert "\x1b" not in log


def test_the_page(whole: Path) -> None:
    """Whole by itself: nothing is fetched, and everything that the folder holds is in it."""
    found = Page((whole / "report.html").read_text())
    assert not found.open
    sources = [attributes["src"] or "" for tag, attributes in found.tags if tag == "img"]
    assert len(sources) == 2
    assert all(source.startswith("data:image/") for source in sources)
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in found.tags}
    text = " ".join(found.texts)
    metrics = json.loads((whole / "metrics.json").read_text())
    for shown in (
        "Small",
        "seed 0",
        "scanner",
        "MotifScanner",
        "torch",
        f"{metrics['model']['pearson']:.4f}",
    ):
        assert shown in text
    assert "prefers-color-scheme: dark" in text


def test_names_are_escaped(whole: Path, tmp_path: Path) -> None:
    """A model, a baseline, a figure, a column, a picture and a comment that would like to be HTML."""
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    metrics = json.loads((folder / "metrics.json").read_text())
    metrics |= {"model_name": HOSTILE, "chromosomes": [HOSTILE], "baseline": {"what": HOSTILE, HOSTILE: 1.0}}
    metrics["model"] |= {HOSTILE: 0.5}
    metrics["best"] |= {"monitor": HOSTILE}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "environment.json").write_text(json.dumps({HOSTILE: HOSTILE, "versions": {HOSTILE: HOSTILE}}))
    (folder / "history.csv").write_text(f'epoch,"{HOSTILE.replace(chr(34), chr(34) * 2)}"\n1,{HOSTILE}\n')
    (folder / "plan.txt").write_text(HOSTILE)
    (folder / "log.txt").write_text(HOSTILE)
    (folder / "spec.get").write_text(f'# {HOSTILE}\nparam x: str = "{HOSTILE}" {HOSTILE}')
    (folder / "spec").mkdir()
    (folder / "spec" / "<b>.get").write_text("")
    picture = (folder / "pictures" / "learning_curve.png").rename(folder / "pictures" / '"><b>.png')
    picture.with_suffix(".svg").write_text("<svg onload='alert(3)'/>")
    found = Page(page(Contents.of(folder)))
    assert not found.open
    allowed = (
        "html head meta title style body h1 h2 p div span b table tr th td figure img pre details summary"
    )
    assert {tag for tag, _ in found.tags} <= set(allowed.split())
    names = {name for _, attributes in found.tags for name in attributes}
    assert names <= {"lang", "charset", "name", "content", "http-equiv", "class", "alt", "src"}
    assert sum(HOSTILE in text for text in found.texts) >= 8


def test_a_folder_that_lacks_most(tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text('{"split": "test", "model": {"loss": null}}')
    text = page(Contents.of(tmp_path))
    assert "–" in text
    assert "<h2>Pictures" not in text


def test_highlighting_keeps_the_text() -> None:
    text = 'model A { param x: str = "a < b" # & so on\n """doc""" } train { epochs = 1e-3 }\n"'
    found = highlighted(text)
    plain = re.sub(r"</?span[^>]*>", "", found)
    assert plain == text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    for kind, word in (("word", "model"), ("comment", "# &amp; so on"), ("number", "1e-3")):
        assert f'<span class="{kind}">{word}</span>' in found


def test_the_log_has_the_failure_and_goes_on(tmp_path: Path) -> None:
    shown = StringIO()

    def failing() -> None:
        with logged(tmp_path, shown) as console:
            console.print("[one]", markup=False)
            raise UserError("the disk is full")

    with pytest.raises(UserError):
        failing()
    with logged(tmp_path, shown) as console:
        console.tell("\x1b[31mtwo\x1b[0m")
    lines = (tmp_path / "log.txt").read_text().splitlines()
    assert lines[1:3] == ["[one]", "error: the disk is full"]
    assert lines[4:] == ["two"]
    assert shown.getvalue().splitlines() == ["[one]", "two"]


def test_git(tmp_path: Path) -> None:
    """Without a repository there is nothing to say."""
    assert git_state(None) == {}
    assert git_state(tmp_path / "spec.get") == {}


def test_a_spec_of_the_user_is_not_replaced(small: Path, run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "spec.get").write_text(small.read_text())
    with pytest.raises(UserError, match="that no run wrote"):
        run(tmp_path)
    assert (tmp_path / "spec.get").read_text() == small.read_text()
