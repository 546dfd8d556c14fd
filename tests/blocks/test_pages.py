"""docs/blocks says what the faces say. GETDSL_UPDATE=1 writes its pages anew."""

import os
import re

import pytest

from getdsl.compiler import library
from tests.blocks.pages import (
    FOLDER,
    definition_of,
    example_of,
    example_path,
    instance_in,
    page_names,
    text_of,
)
from tests.blocks.themes import THEMES

NAMES = sorted(library.index())


@pytest.mark.parametrize("name", page_names())
def test_a_page_is_up_to_date_and_its_links_lead_somewhere(name: str) -> None:
    path, text = FOLDER / f"{name}.md", text_of(name)
    if os.environ.get("GETDSL_UPDATE") == "1":
        path.write_text(text)
    assert path.read_text() == text, "`make docs` writes it anew"
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert (FOLDER / target).exists(), target


def test_there_is_no_page_of_nothing() -> None:
    pages = {FOLDER / f"{name}.md" for name in page_names()}
    if os.environ.get("GETDSL_UPDATE") == "1":
        for path in set(FOLDER.glob("*.md")) - pages:
            path.unlink()
    assert set(FOLDER.glob("*.md")) == pages, "`make docs` writes them anew"


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
