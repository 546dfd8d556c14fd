"""Places as editors count them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from getdsl.lsp.positions import Encoding, Lines, Place

TEXT = "ab\r\nä😀c\rd\n\n\u2028e"


@pytest.mark.parametrize(
    ("encoding", "character"), [("utf-8", 6), ("utf-16", 3), ("utf-32", 2)], ids=["8", "16", "32"]
)
def test_units_before_a_letter(encoding: Encoding, character: int) -> None:
    lines = Lines(TEXT, encoding)
    assert lines.place(TEXT.index("c")) == Place(1, character)
    assert lines.offset(Place(1, character)) == TEXT.index("c")


def test_line_ends_are_those_of_the_protocol() -> None:
    """A line separator and a form feed are none, and a lone carriage return is one."""
    lines = Lines(TEXT)
    assert [lines.place(TEXT.index(letter)).line for letter in "acde"] == [0, 1, 2, 4]


def test_places_beyond_a_line_are_its_end() -> None:
    lines = Lines("ab\r\ncd")
    assert lines.offset(Place(0, 9)) == 2
    assert lines.offset(Place(1, 9)) == lines.offset(Place(7, 0)) == 6
    assert lines.offset(Place(-1, 0)) == 0


@given(st.text(alphabet="aä😀\r\n\x0c"), st.sampled_from(["utf-8", "utf-16", "utf-32"]), st.data())
def test_a_place_leads_back(text: str, encoding: Encoding, data: st.DataObject) -> None:
    lines = Lines(text, encoding)
    offset = data.draw(st.integers(0, len(text)))
    back = lines.offset(lines.place(offset))
    assert back == offset or text[back : offset + 1] == "\r\n"  # between the halves of a line's end
