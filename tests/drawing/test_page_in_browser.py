"""The page in a browser, without a network: a block is clicked open and its panel read; keys and search."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from getdsl.drawing.page import page
from tests.drawing.drawn import small

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed")


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    file = tmp_path_factory.mktemp("page") / "small.html"
    file.write_text(page(small(), frozenset()))
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        tab = browser.new_page(viewport={"width": 1100, "height": 900})
        tab.told = []
        tab.on("console", lambda message: tab.told.append(message.text))
        tab.on("pageerror", lambda error: tab.told.append(str(error)))
        tab.on(
            "request", lambda request: tab.told.append(request.url) if "file://" not in request.url else None
        )
        tab.goto(file.as_uri())
        tab.wait_for_selector(".box")
        yield tab
        browser.close()


def box(tab: Any, id: str) -> Any:
    return tab.locator(f'.box[data-id="{id}"]').last


def seen(tab: Any) -> set[str]:
    return set(tab.eval_on_selector_all(".box", "all => all.map(one => one.dataset.id)"))


def test_a_block_is_clicked_open_and_its_panel_read(tab: Any) -> None:
    assert "layers.0" not in seen(tab)
    place = box(tab, "layers").bounding_box()
    tab.mouse.click(place["x"] + place["width"] * 0.86, place["y"] + place["height"] * 0.28)
    tab.wait_for_selector('.box[data-id="layers.3"]')
    box(tab, "layers.3").click()
    told = tab.inner_text("#facts")
    for words in (
        "Two layers: </script><script>",
        "parameters\t144",
        "[B, 8]",
        "spec.get:18",
        "adapted (LoRA) in part",
    ):
        assert words in told
    assert tab.title() == "Small"
    box(tab, "hits").click()
    told = tab.inner_text("#facts")
    assert "frozen" in told
    assert "weights.pth" in told
    tab.click("#fold")
    tab.wait_for_selector('.box[data-id="layers.3"]', state="detached")
    assert tab.told == [], "nothing is fetched, and the policy of the page stops none of its own"


def test_keys_fold_and_search_finds_what_is_folded(tab: Any) -> None:
    box(tab, "layers").focus()
    tab.keyboard.press("Enter")
    tab.wait_for_selector('.box[data-id="layers.0"]')
    tab.keyboard.press("Enter")
    tab.wait_for_selector('.box[data-id="layers.0"]', state="detached")
    tab.keyboard.press("/")
    tab.keyboard.type("layers.2 two")
    tab.keyboard.press("Enter")
    tab.wait_for_selector('.box[data-id="layers.2.two"]')
    assert tab.inner_text("#facts h2") == "two"
    assert "layers.1.two" not in seen(tab)


def test_it_zooms_and_moves(tab: Any) -> None:
    before = tab.get_attribute("#scene", "transform")
    tab.click("#closer")
    nearer = tab.get_attribute("#scene", "transform")
    tab.mouse.move(300, 700)
    tab.mouse.down()
    tab.mouse.move(360, 720, steps=3)
    tab.mouse.up()
    moved = tab.get_attribute("#scene", "transform")
    assert len({before, nearer, moved}) == 3
    tab.keyboard.press("0")
    assert tab.told == []
