"""The site of the docs: every page has its place in the navigation, and every link leads to a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.site.links import broken
from tools.site.pages import ROOT, BrokenLinkError, on_the_site, place
from tools.site.staged import stage


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    stage(folder)
    return folder


def leaves(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    else:
        for each in nav.values() if isinstance(nav, dict) else nav:
            yield from leaves(each)


def test_every_page_stands_once_in_the_navigation(staged: Path) -> None:
    """A new page of docs/ is entered in tools/site/site.yml; pages of source are reached by links."""
    listed = sorted(leaves(yaml.safe_load((staged / "mkdocs.yml").read_text(encoding="utf-8"))["nav"]))
    pages = (path.relative_to(staged / "docs").as_posix() for path in (staged / "docs").rglob("*.md"))
    assert listed == sorted(page for page in pages if not page.startswith("source/"))


def test_pages_of_source_show_the_file(staged: Path) -> None:
    page = (staged / "docs/source/specs/quickstart.get.md").read_text(encoding="utf-8")
    assert (ROOT / "specs/quickstart.get").read_text(encoding="utf-8").strip() in page


def rewritten(path: str, text: str) -> tuple[str, list[str]]:
    linked: list[str] = []
    return on_the_site(path, text, linked.append), linked


@pytest.mark.parametrize(
    ("path", "text", "shown", "linked"),
    [
        ("README.md", "[a](docs/plan.md#load)", "[a](plan.md#load)", ["docs/plan.md"]),
        (
            "README.md",
            '<img src="docs/images/plan.png">',
            '<img src="images/plan.png">',
            ["docs/images/plan.png"],
        ),
        ("README.md", "[`a`](specs/q.get)", "", ["specs/q.get"]),
        ("docs/plan.md", "[a](../CHANGELOG.md)", "[a](changelog.md)", ["CHANGELOG.md"]),
        (
            "docs/blocks/Linear.md",
            "[a](../../getdsl/blocks/linear.py)",
            "[a](../source/getdsl/blocks/linear.py.md)",
            ["getdsl/blocks/linear.py"],
        ),
        ("docs/plan.md", "[a](https://x.org) [b](#here)", "[a](https://x.org) [b](#here)", []),
        ("docs/plan.md", "| `[a](gone.md) \\| b` |", "| `[a](gone.md) | b` |", []),
        ("docs/plan.md", "```get a.get\n[a](gone.md)\n```", '```get title="a.get"\n[a](gone.md)\n```', []),
    ],
)
def test_links_are_led_home(path: str, text: str, shown: str, linked: list[str]) -> None:
    if not all((ROOT / each).exists() for each in linked):
        with pytest.raises(BrokenLinkError, match=f"{path} links to {linked[0]}, which is not there"):
            rewritten(path, text)
    else:
        assert rewritten(path, text) == (shown, linked)


def test_places_are_not_shared(staged: Path) -> None:
    files = [path.relative_to(ROOT).as_posix() for path in (ROOT / "specs").rglob("*.get")]
    assert len({place(path) for path in files}) == len(files)


def test_a_built_page_that_asks_for_what_is_not_there_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a href="a.html#x"></a><a class="b" href="b.html"></a><a href="https://x.org"></a>'
        '<script src="https://x.org/s.js"></script><link rel="icon" href="i%20j.png"><img src="">'
    )
    (tmp_path / "i j.png").touch()
    assert list(broken(tmp_path)) == [
        "a.html links to b.html, which is not there",
        "a.html fetches https://x.org/s.js",
    ]
