"""What is published, and for which version."""

from pathlib import Path

import pytest
from lsprotocol import types

from getdsl import check
from tests.lsp.editor import Editor

GOOD = "model M {\n    input x: [B, 8]\n    head = x -> Linear(4)\n    output y = head\n}\n"
BAD = GOOD.replace("Linear(4)", "Lineer(4)")


def test_an_edit_is_followed_by_its_diagnostics(editor: Editor) -> None:
    editor.open("a.get", GOOD)
    assert editor.codes("a.get") == []
    editor.write("a.get", BAD, version=7)
    assert editor.published[editor.uri("a.get")].version == 7
    [item] = editor.published[editor.uri("a.get")].diagnostics
    assert (item.code, item.source) == ("GET207", "getdsl")
    assert "help: did you mean `Linear`?" in item.message
    assert (item.range.start, item.range.end) == (types.Position(2, 16), types.Position(2, 22))
    editor.write("a.get", GOOD, version=8)
    assert editor.codes("a.get") == []


def test_changes_of_one_event_build_on_each_other(editor: Editor) -> None:
    editor.open("a.get", "")
    start = types.Position(0, 0)
    insert = [
        types.TextDocumentContentChangePartial(types.Range(start, start), text)
        for text in ("output y = x\n}\n", "input x: [B, 8]\n", "model M {\n")
    ]
    editor.change("a.get", *insert)
    editor.server.check_now()
    assert editor.server.known.documents[editor.uri("a.get")].text.startswith("model M {\ninput")
    assert editor.codes("a.get") == []


def test_open_files_are_read_from_their_buffers(editor: Editor) -> None:
    """What is unsaved in a used file shows in those that use it, and a closed file is that on the disk."""
    (editor.folder / "base.get").write_text("block Half {\n input x: [B, D]\n output y = x / 2\n}\n")
    main = 'use "base.get"\n' + GOOD.replace("Linear(4)", "Half()")
    editor.open("main.get", main)
    assert editor.codes("main.get") == []
    editor.open("base.get", "block Third {\n input x: [B, D]\n output y = x / 3\n}\n")
    assert editor.codes("main.get") == ["GET207"]
    editor.close("base.get")
    assert editor.codes("main.get") == []


def test_what_a_document_says_of_other_files_goes_with_it(editor: Editor) -> None:
    (editor.folder / "base.get").write_text("block Half {\n input x: [B, D]\n output y = x +\n}\n")
    editor.open("main.get", 'use "base.get"\n' + GOOD)
    assert editor.codes("base.get") == ["GET102"]
    editor.close("main.get")
    assert editor.codes("base.get") == editor.codes("main.get") == []
    assert editor.server.known.analyses == {}


@pytest.mark.parametrize("name", ["with space ä#%.get", "untitled:Untitled-1"])
def test_any_name_of_a_document(editor: Editor, name: str) -> None:
    editor.open(name, BAD)
    assert editor.codes(name) == ["GET207"]
    assert editor.log == []


def test_cause_and_effect_are_related(editor: Editor) -> None:
    editor.open("a.get", GOOD.replace("output y = head", "output y: [B, 5] = head"))
    [item] = editor.published[editor.uri("a.get")].diagnostics
    assert item.related_information
    assert {each.location.uri for each in item.related_information} == {editor.uri("a.get")}


def test_the_same_as_the_command(editor: Editor) -> None:
    """Each mistake of a spec with several, at its place."""
    text = BAD + "loss { y = MSE(z, batch.y) }\ntrain { epoch = 3 }\n"
    path = editor.folder / "a.get"
    path.write_text(text)
    editor.open("a.get", text)
    expected = [(item.code, item.primary.span.line - 1) for item in check(path).diagnostics if item.primary]
    found = [(item.code, item.range.start.line) for item in editor.published[path.as_uri()].diagnostics]
    assert found == expected
    assert len(found) == 3


def test_a_mistake_inside_a_shipped_file_stands_at_the_use(editor: Editor) -> None:
    editor.open("a.get", 'use "getdsl:get/pretrain.get"\nmodel A extends Pretrain { input x: [B] = 3 }\n')
    places = {item.range.start.line for item in editor.published[editor.uri("a.get")].diagnostics}
    assert set(editor.published) == {editor.uri("a.get")}
    assert places <= {0, 1}


def test_an_exception_is_logged_and_the_answer_empty(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    position = editor.open("a.get", GOOD)

    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("getdsl.lsp.questions.hover", fail)
    assert editor.hover("a.get", position) == ""
    assert "a bug" in editor.log[0]


def test_a_file_that_is_gone_is_said_to_be(editor: Editor) -> None:
    base: Path = editor.folder / "base.get"
    base.write_text("block Half {\n input x: [B, D]\n output y = x / 2\n}\n")
    editor.open("main.get", 'use "base.get"\n' + GOOD.replace("Linear(4)", "Half()"))
    base.unlink()
    editor.server.files_changed(None)
    editor.server.check_now()
    assert editor.codes("main.get") == ["GET101"]
