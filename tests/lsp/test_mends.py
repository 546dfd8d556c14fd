"""What the server changes in a text: mends and layout."""

import pytest
from lsprotocol import types

from getdsl import check_text, format_text
from tests.lsp.editor import Editor

GOOD = "model M {\n    input x: [B, 8]\n    head = x -> Linear(4)\n    output y = head\n}\n"
BAD = GOOD.replace("Linear(4)", "Lineer(4)")


def test_the_mend_of_a_misspelt_name_gives_text_that_checks(editor: Editor) -> None:
    editor.open("a.get", BAD)
    at = types.Position(2, 18)
    [action] = editor.actions("a.get", at, at)
    assert action.edit is not None
    assert action.edit.changes is not None
    [published] = editor.published[editor.uri("a.get")].diagnostics
    assert (action.title, action.diagnostics) == ("write `Linear` for `Lineer`", [published])
    mended = editor.edited("a.get", action.edit.changes[editor.uri("a.get")])
    assert mended == GOOD
    assert not check_text(mended).diagnostics


def test_elsewhere_there_is_no_mend(editor: Editor) -> None:
    editor.open("a.get", BAD)
    at = types.Position(3, 4)
    assert editor.actions("a.get", at, at) == []


@pytest.mark.parametrize("end", ["\n", "", "\n\n\n"], ids=["line", "none", "empty lines"])
def test_formatting_is_that_of_the_command(editor: Editor, end: str) -> None:
    text = "# 😀\n" + GOOD.replace("    ", " ").replace("= x", "=x").rstrip() + end
    editor.open("a.get", text)
    assert editor.formatted("a.get") == format_text(text) != text


@pytest.mark.parametrize(
    "text", [format_text(GOOD), "model M {\n  x = (\n", ""], ids=["laid out", "broken", "empty"]
)
def test_text_that_is_left_alone(editor: Editor, text: str) -> None:
    editor.open("a.get", text)
    assert editor.formatted("a.get") == text
    assert editor.log == []
