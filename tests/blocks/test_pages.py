"""docs/blocks says what the faces say. GETDSL_UPDATE=1 writes its pages anew."""

import os
import re

import pytest

from getdsl.compiler import library
from tests.blocks.pages import FOLDER, all_pages, definition_of, example_of, example_path, instance_in
from tests.blocks.themes import THEMES

PAGES = all_pages()
NAMES = sorted(library.index())


def test_the_pages_are_up_to_date() -> None:
    if os.environ.get("GETDSL_UPDATE") == "1":
        for path, text in PAGES.items():
            path.write_text(text)
        for path in set(FOLDER.glob("*.md")) - PAGES.keys():
            path.unlink()
    assert set(FOLDER.glob("*.md")) == PAGES.keys(), "`make docs` writes them anew"
    stale = [path.name for path, text in PAGES.items() if path.read_text() != text]
    assert stale == [], "`make docs` writes them anew"


def test_each_block_has_one_theme() -> None:
    listed = " ".join(THEMES.values()).split()
    blocks = [name for name in NAMES if definition_of(name).kind == "block"]
    assert sorted(listed) == blocks, "tests/blocks/themes.py lists each block once"


@pytest.mark.parametrize("name", NAMES)
def test_the_example_is_right_and_shows_the_block(name: str) -> None:
    text = example_path(name).read_text()
    assert re.search(rf"\b{name}\(", text)
    assert max(map(len, text.splitlines())) <= 100
    if definition_of(name).kind == "block":
        assert instance_in(example_of(name), name) is not None, "it is not used"


def test_there_is_no_example_of_nothing() -> None:
    assert set(FOLDER.glob("examples/*.get")) == {example_path(name) for name in NAMES}


def test_every_link_leads_somewhere() -> None:
    for path, text in PAGES.items():
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
