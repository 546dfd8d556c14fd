"""Draws `docs/images/editor.png`: VS Code with the extension, on a spec with two mistakes.

VS Code runs as a server for browsers, such as code-server, with `build/getdsl.vsix` installed and the setting
`getdsl.server.command`; the address opens a folder, into which the spec is written:

python docs/editor_picture.py "http://127.0.0.1:8080/?folder=/tmp/specs"
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlparse

from playwright.sync_api import Page, sync_playwright

HERE = Path(__file__).parent
SIZE = {"width": 1200, "height": 880}
WRONG = {"ContactMapHead(64)": "ContactMapHead(32)", "pearson, spearman": "pearson, spearmn"}


def spec() -> str:
    """The guide's model, with its mistakes."""
    text = (HERE.parent / "specs/my_model.get").read_text()
    for right, wrong in WRONG.items():
        assert right in text
        text = text.replace(right, wrong)
    return text


def draw(page: Page, address: str) -> None:
    """Opens the spec, its problems, and the hover of the first."""
    page.goto(address)
    page.get_by_role("treeitem", name="my_model.get").dblclick(timeout=60_000)
    page.get_by_text("[B, R + 1, 768]").wait_for(timeout=60_000)  # the server has answered
    page.keyboard.press("Control+B")  # without the list of files
    page.keyboard.press("Control+Shift+M")
    page.get_by_text("there is no metric").first.wait_for(timeout=30_000)
    page.get_by_text("channels A C G T").click()  # so that no problem is chosen
    at = page.locator(".view-line").get_by_text("ContactMapHead").first.bounding_box()
    assert at is not None
    for step in (20, 30):
        page.mouse.move(at["x"] + step, at["y"] + 8)
    page.locator(".monaco-hover:visible").first.wait_for(timeout=10_000)
    page.wait_for_timeout(1500)


def main() -> None:
    address = sys.argv[1]
    folder = Path(parse_qs(urlparse(address).query)["folder"][0])
    (folder / "my_model.get").write_text(spec())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, device_scale_factor=1.5)
        draw(page, address)
        page.screenshot(path=HERE / "images/editor.png")
        browser.close()


if __name__ == "__main__":
    main()
